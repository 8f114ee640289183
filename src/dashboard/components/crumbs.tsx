/** The way back to the list. */
import { ChevronLeft } from "lucide-react"
import { TextLink } from "../ui/text-link.tsx"

type Props = {
  readonly to:
    | "/clusters"
    | "/satellites"
    | "/profiles"
    | "/rules"
    | "/rollouts"
    | "/recovery-rules"
  readonly name: string
}

export const Crumbs = ({ to, name }: Props) => (
  <TextLink
    to={to}
    quiet
    className="mb-1 inline-flex items-center gap-0.5 text-sm text-ink-3 hover:text-ink"
  >
    <ChevronLeft aria-hidden className="-ml-1 size-4" />
    {name}
  </TextLink>
)
