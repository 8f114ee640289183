/** Every page and its address. Search parameters are parsed here; a page never sees a wrong one. */
import type { QueryClient } from "@tanstack/react-query"
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  redirect,
} from "@tanstack/react-router"
import * as z from "zod"
import { severities } from "#core/cluster/events.ts"
import { clusterStates } from "#core/cluster/state.ts"
import { satelliteStates } from "#wire/rest/satellites.ts"
import type { Live } from "./api/live.ts"
import { keys, sessionQuery } from "./api/queries.ts"
import { SignedIn } from "./components/signed-in.tsx"
import { eventRanges } from "./domain/event-range.ts"
import { Crashed, NotFound } from "./pages/broken.tsx"
import { ClustersPage } from "./pages/clusters.tsx"
import { ClusterPage } from "./pages/cluster.tsx"
import { EventsPage } from "./pages/events.tsx"
import { NewProfilePage } from "./pages/new-profile.tsx"
import { NewRulePage } from "./pages/new-rule.tsx"
import { OverviewPage } from "./pages/overview.tsx"
import { ProfilePage } from "./pages/profile.tsx"
import { ProfilesPage } from "./pages/profiles.tsx"
import { RulesPage } from "./pages/rules.tsx"
import { SatellitePage } from "./pages/satellite.tsx"
import { SatellitesPage } from "./pages/satellites.tsx"
import { SignInPage } from "./pages/sign-in.tsx"
import { TokensPage } from "./pages/tokens.tsx"

type Context = { readonly client: QueryClient; readonly live: Live }

/** Wrong values fall out of the address instead of breaking the page. */
const search = z.string().max(100).optional().catch(undefined)
const id = z.uuid().optional().catch(undefined)
const ownPath = z
  .string()
  .regex(/^\/(?![/\\])/)
  .optional()
  .catch(undefined)

const root = createRootRouteWithContext<Context>()({
  // Outside of the frame, which brings its own <main>.
  errorComponent: (props) => (
    <main>
      <Crashed {...props} />
    </main>
  ),
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: z.object({ to: ownPath }),
  beforeLoad: ({ context, search: { to } }) => {
    const session = context.client.getQueryData(keys.session)
    // oxlint-disable-next-line typescript/only-throw-error -- TanStack Router redirects by throwing.
    if (session !== undefined && session !== null) throw redirect({ href: to ?? "/" })
  },
  component: SignInPage,
})

const signedIn = createRoute({
  getParentRoute: () => root,
  id: "signed-in",
  beforeLoad: async ({ context, location }) => {
    const session = await context.client.ensureQueryData(sessionQuery)
    if (session === null) {
      context.client.removeQueries({ queryKey: keys.session })
      // oxlint-disable-next-line typescript/only-throw-error -- TanStack Router redirects by throwing.
      throw redirect({ to: "/sign-in", search: location.href === "/" ? {} : { to: location.href } })
    }
    context.live.start()
  },
  component: SignedIn,
})

const overview = createRoute({
  getParentRoute: () => signedIn,
  path: "/",
  component: OverviewPage,
})
const satellites = createRoute({
  getParentRoute: () => signedIn,
  path: "/satellites",
  validateSearch: z.object({ state: z.enum(satelliteStates).optional().catch(undefined), search }),
  component: SatellitesPage,
})
const satellite = createRoute({
  getParentRoute: () => signedIn,
  path: "/satellites/$id",
  component: SatellitePage,
})
const clusters = createRoute({
  getParentRoute: () => signedIn,
  path: "/clusters",
  validateSearch: z.object({
    state: z.enum(clusterStates).optional().catch(undefined),
    satelliteId: id,
    search,
  }),
  component: ClustersPage,
})
const cluster = createRoute({
  getParentRoute: () => signedIn,
  path: "/clusters/$id",
  component: ClusterPage,
})
const events = createRoute({
  getParentRoute: () => signedIn,
  path: "/events",
  validateSearch: z.object({
    severity: z.enum(severities).optional().catch(undefined),
    range: z.enum(eventRanges).optional().catch(undefined),
    clusterId: id,
    satelliteId: id,
  }),
  component: EventsPage,
})
const profiles = createRoute({
  getParentRoute: () => signedIn,
  path: "/profiles",
  component: ProfilesPage,
})
const newProfile = createRoute({
  getParentRoute: () => signedIn,
  path: "/profiles/new",
  validateSearch: z.object({ from: id }),
  component: NewProfilePage,
})
const profile = createRoute({
  getParentRoute: () => signedIn,
  path: "/profiles/$id",
  component: ProfilePage,
})
const rules = createRoute({
  getParentRoute: () => signedIn,
  path: "/rules",
  component: RulesPage,
})
const newRule = createRoute({
  getParentRoute: () => signedIn,
  path: "/rules/new",
  validateSearch: z.object({ profileId: id }),
  component: NewRulePage,
})
const tokens = createRoute({
  getParentRoute: () => signedIn,
  path: "/tokens",
  component: TokensPage,
})

/** Any other address, inside the frame, so that the way on is in sight. */
const anywhere = createRoute({
  getParentRoute: () => signedIn,
  path: "$",
  component: NotFound,
})

const routeTree = root.addChildren([
  signIn,
  signedIn.addChildren([
    overview,
    satellites,
    satellite,
    clusters,
    cluster,
    events,
    profiles,
    newProfile,
    profile,
    rules,
    newRule,
    tokens,
    anywhere,
  ]),
])

export const createPages = (context: Context) =>
  createRouter({
    routeTree,
    context,
    // A page that breaks leaves the frame standing.
    defaultErrorComponent: Crashed,
    defaultPreload: "intent",
    scrollRestoration: true,
    defaultPendingMinMs: 0,
  })

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createPages>
  }
}
