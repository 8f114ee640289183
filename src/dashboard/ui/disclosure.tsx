/** Something longer that opens below its title. */
import { ChevronRight } from "lucide-react"
import type { ReactNode } from "react"
import {
  Button,
  Disclosure as AriaDisclosure,
  DisclosurePanel,
  Heading,
} from "react-aria-components"
import { classNames } from "./class-names.ts"

type Props = {
  readonly title: ReactNode
  /** Beside the title: a count, a badge. */
  readonly aside?: ReactNode
  readonly children: ReactNode
  readonly open?: boolean
  readonly className?: string
}

export const Disclosure = ({ title, aside, children, open = false, className }: Props) => (
  <AriaDisclosure defaultExpanded={open} className={classNames("group/disclosure", className)}>
    {({ isExpanded }) => (
      <>
        <Heading className="flex items-center">
          <Button
            slot="trigger"
            className="flex min-h-8 w-full items-center gap-1.5 rounded-md py-1 text-left text-sm font-medium text-ink-2 hover:text-ink"
          >
            <ChevronRight
              aria-hidden
              className={classNames("size-3.5 shrink-0", isExpanded && "rotate-90")}
            />
            <span className="min-w-0 flex-1">{title}</span>
            {aside}
          </Button>
        </Heading>
        <DisclosurePanel>{isExpanded ? children : null}</DisclosurePanel>
      </>
    )}
  </AriaDisclosure>
)
