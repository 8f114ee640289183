/** Pages on which intent is governed: what clusters should be, and where. */
import { createRoute } from "@tanstack/react-router"
import * as z from "zod"
import { entryStates } from "#core/rollout/entry.ts"
import { rolloutStates } from "#core/rollout/waves.ts"
import { profileViewNames } from "../domain/profile-views.ts"
import { EditProfilePage } from "../pages/edit-profile.tsx"
import { EditRulePage } from "../pages/edit-rule.tsx"
import { FreezeWindowsPage } from "../pages/freeze-windows.tsx"
import { NewRolloutPage } from "../pages/new-rollout.tsx"
import { RolloutPage } from "../pages/rollout.tsx"
import { RolloutsPage } from "../pages/rollouts.tsx"
import { NewProfilePage } from "../pages/new-profile.tsx"
import { NewRulePage } from "../pages/new-rule.tsx"
import { ProfilePage } from "../pages/profile.tsx"
import { ProfilesPage } from "../pages/profiles.tsx"
import { RulesPage } from "../pages/rules.tsx"
import { id, signedIn } from "./frame.tsx"

const versionNumber = z.coerce.number().int().min(1).optional().catch(undefined)

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
  validateSearch: z.object({
    tab: z.enum(profileViewNames).optional().catch(undefined),
    from: versionNumber,
    to: versionNumber,
  }),
  component: ProfilePage,
})
const editProfile = createRoute({
  getParentRoute: () => signedIn,
  path: "/profiles/$id/edit",
  validateSearch: z.object({ take: z.literal("newer-image").optional().catch(undefined) }),
  component: EditProfilePage,
})
const rules = createRoute({
  getParentRoute: () => signedIn,
  path: "/rules",
  component: RulesPage,
})
const rule = createRoute({
  getParentRoute: () => signedIn,
  path: "/rules/$id",
  component: EditRulePage,
})
const newRule = createRoute({
  getParentRoute: () => signedIn,
  path: "/rules/new",
  validateSearch: z.object({ profileId: id }),
  component: NewRulePage,
})
const rollouts = createRoute({
  getParentRoute: () => signedIn,
  path: "/rollouts",
  validateSearch: z.object({
    state: z.enum(rolloutStates).optional().catch(undefined),
    profileId: id,
    clusterId: id,
  }),
  component: RolloutsPage,
})
const newRollout = createRoute({
  getParentRoute: () => signedIn,
  path: "/rollouts/new",
  validateSearch: z.object({ profileId: id, to: versionNumber, clusterId: id }),
  component: NewRolloutPage,
})
const rollout = createRoute({
  getParentRoute: () => signedIn,
  path: "/rollouts/$id",
  validateSearch: z.object({
    state: z.enum(entryStates).optional().catch(undefined),
    stage: z.coerce.number().int().min(0).optional().catch(undefined),
  }),
  component: RolloutPage,
})
const freezeWindows = createRoute({
  getParentRoute: () => signedIn,
  path: "/freeze-windows",
  component: FreezeWindowsPage,
})

export const intentRoutes = [
  profiles,
  newProfile,
  profile,
  editProfile,
  rules,
  newRule,
  rule,
  rollouts,
  newRollout,
  rollout,
  freezeWindows,
] as const
