/** Pages of what is set up once for the whole fleet. */
import { createRoute } from "@tanstack/react-router"
import { TokensPage } from "../pages/tokens.tsx"
import { signedIn } from "./frame.tsx"

const tokens = createRoute({
  getParentRoute: () => signedIn,
  path: "/tokens",
  component: TokensPage,
})

export const adminRoutes = [tokens] as const
