/** Every page and its address. Search parameters are parsed there; a page never sees a wrong one. */
import { createRoute, createRouter } from "@tanstack/react-router"
import { Crashed, NotFound } from "./pages/broken.tsx"
import { adminRoutes } from "./routes/admin.tsx"
import { fleetRoutes } from "./routes/fleet.tsx"
import { type Context, root, signIn, signedIn } from "./routes/frame.tsx"
import { intentRoutes } from "./routes/intent.tsx"

/** Any other address, inside the frame, so that the way on is in sight. */
const anywhere = createRoute({
  getParentRoute: () => signedIn,
  path: "$",
  component: NotFound,
})

const routeTree = root.addChildren([
  signIn,
  signedIn.addChildren([...fleetRoutes, ...intentRoutes, ...adminRoutes, anywhere]),
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
