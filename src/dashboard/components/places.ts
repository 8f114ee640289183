/**
 * Where one can go, in one place for the sidebar, the narrow menu, the palette and the keys. A new page
 * is a line here, in the group of the people who use it; `admin` is for what is set up once for the fleet.
 */
import {
  Activity,
  Database,
  HardDrive,
  KeyRound,
  LayoutGrid,
  ListChecks,
  type LucideIcon,
  Package,
  RadioTower,
  Ruler,
  ScrollText,
  SlidersHorizontal,
  Snowflake,
  SquareStack,
  Users,
  Waves,
} from "lucide-react"

import type { RouteName } from "#wire/rest/routes.ts"

const groupNames = { fleet: "Fleet", intent: "Intent", admin: "Admin" } as const
type GroupName = keyof typeof groupNames

export type Place = {
  readonly to:
    | "/"
    | "/satellites"
    | "/clusters"
    | "/operations"
    | "/events"
    | "/profiles"
    | "/rules"
    | "/rollouts"
    | "/freeze-windows"
    | "/parameters"
    | "/tokens"
    | "/people"
    | "/audit"
    | "/storage-tiers"
    | "/images"
    | "/recovery-rules"
  readonly group: GroupName
  readonly name: string
  readonly icon: LucideIcon
  /** Second key after `g`; left out where no letter is free. */
  readonly key?: string
  /** Shown to those alone who may do what this route does. */
  readonly needs?: RouteName
}

export const places: readonly Place[] = [
  { to: "/", group: "fleet", name: "Overview", icon: LayoutGrid, key: "o" },
  { to: "/satellites", group: "fleet", name: "Satellites", icon: RadioTower, key: "s" },
  { to: "/clusters", group: "fleet", name: "Clusters", icon: Database, key: "c" },
  { to: "/operations", group: "fleet", name: "Operations", icon: ListChecks, key: "a" },
  { to: "/events", group: "fleet", name: "Events", icon: Activity, key: "e" },
  { to: "/profiles", group: "intent", name: "Profiles", icon: SquareStack, key: "p" },
  { to: "/rules", group: "intent", name: "Deployment rules", icon: Ruler, key: "r" },
  { to: "/rollouts", group: "intent", name: "Rollouts", icon: Waves, key: "l" },
  { to: "/freeze-windows", group: "intent", name: "Freeze windows", icon: Snowflake, key: "f" },
  { to: "/parameters", group: "admin", name: "Parameters", icon: SlidersHorizontal },
  { to: "/storage-tiers", group: "admin", name: "Storage tiers", icon: HardDrive },
  { to: "/images", group: "admin", name: "Images", icon: Package },
  { to: "/recovery-rules", group: "admin", name: "Recovery rules", icon: ScrollText },
  { to: "/tokens", group: "admin", name: "API tokens", icon: KeyRound, key: "t" },
  { to: "/people", group: "admin", name: "People", icon: Users, needs: "listPeople" },
  { to: "/audit", group: "admin", name: "Audit", icon: ScrollText, needs: "listAudit" },
]

/** The groups in their order, each with its places in theirs. */
export const placeGroups = Object.entries(groupNames).map(([group, name]) => ({
  name,
  places: places.filter((place) => place.group === group),
}))
