/** Buttons, and links that look like buttons. */
import { type LinkComponent, createLink } from "@tanstack/react-router"
import type { ReactNode } from "react"
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  Link as AriaLink,
  type LinkProps as AriaLinkProps,
} from "react-aria-components"
import { classNames } from "./class-names.ts"

export type ButtonKind = "primary" | "plain" | "ghost" | "danger"

const kinds: Readonly<Record<ButtonKind, string>> = {
  primary:
    "bg-accent-fill text-on-accent border-transparent hover:bg-accent-fill-hover pressed:bg-accent-fill-hover",
  plain: "bg-raised text-ink border-line-strong hover:bg-hover pressed:bg-active",
  ghost:
    "bg-transparent text-ink-2 border-transparent hover:bg-hover hover:text-ink pressed:bg-active",
  danger: "bg-raised text-bad border-line-strong hover:bg-bad-soft hover:border-bad-fill",
}

export const buttonClass = (kind: ButtonKind, small: boolean): string =>
  classNames(
    "inline-flex items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap select-none",
    "transition-colors duration-100 disabled:opacity-50 data-[disabled]:opacity-50 data-[pending]:opacity-70",
    small ? "h-7 px-2 text-sm" : "h-8 px-3 text-sm",
    kinds[kind],
  )

export type ButtonProps = Omit<AriaButtonProps, "className" | "children"> & {
  readonly kind?: ButtonKind
  readonly small?: boolean
  readonly children: ReactNode
  readonly className?: string
}

/**
 * `isPending` keeps the button and the focus where they are, and takes no second press. (The library's own
 * pending state announces the button by its id, which is gone when the page moves on.)
 */
export function Button({
  kind = "plain",
  small = false,
  className,
  isPending,
  ...rest
}: ButtonProps) {
  const look = classNames(buttonClass(kind, small), className)
  if (isPending !== true) return <AriaButton {...rest} className={look} />
  const { onPress: _, type: __, ...idle } = rest
  return (
    <AriaButton {...idle} type="button" aria-disabled="true" data-pending="" className={look} />
  )
}

export type IconButtonProps = Omit<AriaButtonProps, "className" | "children"> & {
  /** What it does: the only name a screen reader has for it. */
  readonly label: string
  readonly children: ReactNode
  readonly className?: string
}

export const IconButton = ({ label, className, ...rest }: IconButtonProps) => (
  <AriaButton
    {...rest}
    aria-label={label}
    className={classNames(
      "inline-flex size-8 shrink-0 items-center justify-center rounded-md text-ink-2 hover:bg-hover hover:text-ink pressed:bg-active disabled:opacity-50",
      className,
    )}
  />
)

type ButtonLinkProps = Omit<AriaLinkProps, "className"> & {
  readonly kind?: ButtonKind
  readonly small?: boolean
}
const PlainButtonLink = ({ kind = "plain", small = false, ...rest }: ButtonLinkProps) => (
  <AriaLink {...rest} className={buttonClass(kind, small)} />
)
export const ButtonLink: LinkComponent<typeof PlainButtonLink> = createLink(PlainButtonLink)
