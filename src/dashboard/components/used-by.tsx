/** The profiles that use something, each a way to it. */
import { Link } from "@tanstack/react-router"

type Props = { readonly profiles: readonly { readonly id: string; readonly name: string }[] }

const most = 3

export function UsedBy({ profiles }: Props) {
  if (profiles.length === 0) return <span className="text-ink-3">none</span>
  return (
    <span className="inline-flex flex-wrap gap-x-2">
      {profiles.slice(0, most).map(({ id, name }) => (
        <Link
          key={id}
          to="/profiles/$id"
          params={{ id }}
          className="relative z-1 rounded-sm text-accent hover:underline"
        >
          {name}
        </Link>
      ))}
      {profiles.length > most ? (
        <span className="text-ink-3">and {profiles.length - most} more</span>
      ) : null}
    </span>
  )
}
