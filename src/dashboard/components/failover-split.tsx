/** Where the time of a failover went: a bar for the eye, the same in words. */
import type { FailoverTimes } from "../domain/failover-times.ts"
import { classNames } from "../ui/class-names.ts"
import { millisText } from "../ui/format.ts"

const shades: Readonly<Record<string, string>> = {
  Detect: "bg-quiet-fill",
  Elect: "bg-busy-fill opacity-60",
  Promote: "bg-busy-fill",
  Route: "bg-good-fill",
}

type Props = { readonly times: FailoverTimes; readonly total?: boolean }

export const FailoverSplit = ({ times, total = false }: Props) => (
  <div className="mt-1.5 max-w-xl">
    <div aria-hidden className="flex h-1.5 gap-px overflow-hidden rounded-full">
      {times.parts.map(({ name, ms }) => (
        <span
          key={name}
          className={classNames("min-w-0.5", shades[name])}
          style={{ flexGrow: times.total === 0 ? 1 : ms, flexBasis: 0 }}
        />
      ))}
    </div>
    <ul className="tnum mt-1 flex flex-wrap gap-x-3 text-xs text-ink-3">
      {times.parts.map(({ name, ms }) => (
        <li key={name} className="flex items-center gap-1.5">
          <span aria-hidden className={classNames("size-1.5 rounded-full", shades[name])} />
          {name} <span className="text-ink-2">{millisText(ms)}</span>
        </li>
      ))}
      {total ? (
        <li>
          Total <span className="font-medium text-ink">{millisText(times.total)}</span>
        </li>
      ) : null}
    </ul>
  </div>
)
