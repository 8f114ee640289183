/** Where the time of a failover went: a bar for the eye, the same in words. */
import type { FailoverTimes } from "../domain/failover-times.ts"
import { classNames } from "../ui/class-names.ts"
import { millisText } from "../ui/format.ts"

const shades = ["bg-quiet-fill", "bg-busy-fill opacity-60", "bg-busy-fill", "bg-good-fill"]

export const FailoverSplit = ({ times }: { readonly times: FailoverTimes }) => (
  <div className="mt-1.5 max-w-xl">
    <div aria-hidden className="flex h-1.5 gap-px overflow-hidden rounded-full">
      {times.parts.map(({ name, ms }, place) => (
        <span
          key={name}
          className={classNames("min-w-0.5", shades[place])}
          style={{ width: `${times.total === 0 ? 25 : (100 * ms) / times.total}%` }}
        />
      ))}
    </div>
    <ul className="tnum mt-1 flex flex-wrap gap-x-3 text-xs text-ink-3">
      {times.parts.map(({ name, ms }, place) => (
        <li key={name} className="flex items-center gap-1.5">
          <span aria-hidden className={classNames("size-1.5 rounded-full", shades[place])} />
          {name} <span className="text-ink-2">{millisText(ms)}</span>
        </li>
      ))}
    </ul>
  </div>
)
