/** A link inside text or a table. `stretched` makes the nearest positioned ancestor its target. */
import { type LinkComponent, createLink } from "@tanstack/react-router"
import type { AnchorHTMLAttributes, Ref } from "react"
import { classNames } from "./class-names.ts"

type Props = AnchorHTMLAttributes<HTMLAnchorElement> & {
  readonly stretched?: boolean
  readonly quiet?: boolean
  readonly ref?: Ref<HTMLAnchorElement>
}

const Anchor = ({ stretched = false, quiet = false, className, children, ...rest }: Props) => (
  <a
    {...rest}
    className={classNames(
      "rounded-sm underline-offset-3 hover:underline",
      quiet ? "text-ink" : "font-medium text-accent",
      stretched && "after:absolute after:inset-0 after:content-['']",
      className,
    )}
  >
    {children}
  </a>
)

export const TextLink: LinkComponent<typeof Anchor> = createLink(Anchor)
