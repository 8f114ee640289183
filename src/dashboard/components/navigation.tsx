/** Where one can go, in one place for the sidebar, the narrow menu and the palette. */
import {
  Activity,
  Database,
  KeyRound,
  LayoutGrid,
  type LucideIcon,
  RadioTower,
  Ruler,
  SquareStack,
} from "lucide-react"
import { useQuery } from "@tanstack/react-query"
import { Link } from "@tanstack/react-router"
import { overviewQuery } from "../api/queries.ts"
import { classNames } from "../ui/class-names.ts"

type Place = {
  readonly to: "/" | "/satellites" | "/clusters" | "/events" | "/profiles" | "/rules" | "/tokens"
  readonly name: string
  readonly icon: LucideIcon
  /** Second key after `g`. */
  readonly key: string
}

export const places: readonly Place[] = [
  { to: "/", name: "Overview", icon: LayoutGrid, key: "o" },
  { to: "/satellites", name: "Satellites", icon: RadioTower, key: "s" },
  { to: "/clusters", name: "Clusters", icon: Database, key: "c" },
  { to: "/events", name: "Events", icon: Activity, key: "e" },
  { to: "/profiles", name: "Profiles", icon: SquareStack, key: "p" },
  { to: "/rules", name: "Deployment rules", icon: Ruler, key: "r" },
  { to: "/tokens", name: "API tokens", icon: KeyRound, key: "t" },
]

const groups = [
  { name: "Fleet", places: places.slice(0, 4) },
  { name: "Provision", places: places.slice(4, 6) },
  { name: "Access", places: places.slice(6) },
]

export function Navigation({ onGo }: { readonly onGo?: () => void }) {
  const { data } = useQuery(overviewQuery)
  const pending = data?.satellites.pending ?? 0
  return (
    <nav aria-label="Main" className="flex flex-col gap-4">
      {groups.map((group) => (
        <div key={group.name}>
          <p className="mb-1 px-2 text-xs font-medium text-ink-3">{group.name}</p>
          <ul className="flex flex-col gap-px">
            {group.places.map(({ to, name, icon: Icon }) => (
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
