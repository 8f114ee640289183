/** Pages on which intent is governed: what clusters should be, and where. */
import { createRoute } from "@tanstack/react-router"
import * as z from "zod"
import { NewProfilePage } from "../pages/new-profile.tsx"
import { NewRulePage } from "../pages/new-rule.tsx"
import { ProfilePage } from "../pages/profile.tsx"
import { ProfilesPage } from "../pages/profiles.tsx"
import { RulesPage } from "../pages/rules.tsx"
import { id, signedIn } from "./frame.tsx"

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

export const intentRoutes = [profiles, newProfile, profile, rules, newRule] as const
