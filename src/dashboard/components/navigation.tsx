/** The links of the sidebar, which is also the narrow menu. */
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { useMay } from "../api/may.ts"
import { overviewQuery } from "../api/queries.ts"
import { classNames } from "../ui/class-names.ts"
import { type Place, placeGroups } from "./places.ts"

export function Navigation({ onGo }: { readonly onGo?: () => void }) {
  const { data } = useQuery(overviewQuery)
  const may = useMay()
  const mayGo = ({ needs }: Place) => needs === undefined || may(needs)
  const pending = data?.satellites.pending ?? 0
  return (
    <nav aria-label="Main" className="flex flex-col gap-4">
      {placeGroups.map((group) => (
        <div key={group.name}>
          <p className="mb-1 px-2 text-xs font-medium text-ink-3">{group.name}</p>
          <ul className="flex flex-col gap-px">
            {group.places.filter(mayGo).map(({ to, name, icon: Icon }) => (
              <li key={to}>
                <Link
                  to={to}
                  activeOptions={{ exact: to === "/", includeSearch: false }}
                  {...(onGo === undefined ? {} : { onClick: onGo })}
                  className={classNames(
                    "flex h-8 items-center gap-2.5 rounded-md px-2 text-sm text-ink-2 hover:bg-active/60 hover:text-ink",
                    "aria-[current=page]:bg-active aria-[current=page]:font-medium aria-[current=page]:text-ink",
                  )}
                >
                  <Icon aria-hidden className="size-4 shrink-0" />
                  {name}
                  {to === "/satellites" && pending > 0 ? (
                    <span className="tnum ml-auto rounded-full bg-accent-fill px-1.5 text-xs leading-4.5 font-medium text-on-accent">
                      {pending}
                      <span className="sr-only"> waiting for approval</span>
                    </span>
                  ) : null}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}
