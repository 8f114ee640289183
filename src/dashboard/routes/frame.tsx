/** What every page stands in: the frame of those who signed in, the way in, and what addresses may say. */
import type { QueryClient } from "@tanstack/react-query"
import { createRootRouteWithContext, createRoute, redirect } from "@tanstack/react-router"
import * as z from "zod"
import { isOwnPath } from "#core/access/own-path.ts"
import type { Live } from "../api/live.ts"
import { keys, sessionQuery } from "../api/queries.ts"
import { SignedIn } from "../components/signed-in.tsx"
import { Crashed } from "../pages/broken.tsx"
import { SignInPage } from "../pages/sign-in.tsx"

export type Context = { readonly client: QueryClient; readonly live: Live }

/** Wrong values fall out of the address instead of breaking the page. */
export const search = z.string().max(100).optional().catch(undefined)
export const id = z.uuid().optional().catch(undefined)
const ownPath = z.string().refine(isOwnPath).optional().catch(undefined)

export const root = createRootRouteWithContext<Context>()({
  // Outside of the frame, which brings its own <main>.
  errorComponent: (props) => (
    <main>
      <Crashed {...props} />
    </main>
  ),
})

export const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: z.object({ to: ownPath, failed: z.string().max(40).optional().catch(undefined) }),
  beforeLoad: ({ context, search: { to } }) => {
    const session = context.client.getQueryData(keys.session)
    // oxlint-disable-next-line typescript/only-throw-error -- TanStack Router redirects by throwing.
    if (session !== undefined && session !== null) throw redirect({ href: to ?? "/" })
  },
  component: SignInPage,
})

export const signedIn = createRoute({
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
