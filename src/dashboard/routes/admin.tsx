/** Pages of what is set up once for the whole fleet. */
import { createRoute } from "@tanstack/react-router"
import * as z from "zod"
import { AccountPage } from "../pages/account.tsx"
import { AuditPage } from "../pages/audit.tsx"
import { PeoplePage } from "../pages/people.tsx"
import { ParametersPage } from "../pages/parameters.tsx"
import { BuiltInRulesPage } from "../pages/built-in-rules.tsx"
import { ImagesPage } from "../pages/images.tsx"
import { RuleSetPage } from "../pages/rule-set.tsx"
import { RuleSetsPage } from "../pages/rule-sets.tsx"
import { StorageTiersPage } from "../pages/storage-tiers.tsx"
import { TokensPage } from "../pages/tokens.tsx"
import { search, signedIn } from "./frame.tsx"

const tokens = createRoute({
  getParentRoute: () => signedIn,
  path: "/tokens",
  component: TokensPage,
})

const people = createRoute({
  getParentRoute: () => signedIn,
  path: "/people",
  component: PeoplePage,
})

const account = createRoute({
  getParentRoute: () => signedIn,
  path: "/account",
  component: AccountPage,
})

const word = z.string().max(100).optional().catch(undefined)

const audit = createRoute({
  getParentRoute: () => signedIn,
  path: "/audit",
  validateSearch: z.object({ actor: word, action: word, resource: word, range: word }),
  component: AuditPage,
})

const parameters = createRoute({
  getParentRoute: () => signedIn,
  path: "/parameters",
  validateSearch: z.object({
    major: z.enum(["15", "16", "17", "18"]).optional().catch(undefined),
    search,
  }),
  component: ParametersPage,
})

const storageTiers = createRoute({
  getParentRoute: () => signedIn,
  path: "/storage-tiers",
  component: StorageTiersPage,
})
const images = createRoute({
  getParentRoute: () => signedIn,
  path: "/images",
  component: ImagesPage,
})
const ruleSets = createRoute({
  getParentRoute: () => signedIn,
  path: "/recovery-rules",
  component: RuleSetsPage,
})
const builtInRules = createRoute({
  getParentRoute: () => signedIn,
  path: "/recovery-rules/built-in",
  component: BuiltInRulesPage,
})
const ruleSet = createRoute({
  getParentRoute: () => signedIn,
  path: "/recovery-rules/$id",
  component: RuleSetPage,
})

export const adminRoutes = [
  parameters,
  tokens,
  people,
  account,
  audit,
  storageTiers,
  images,
  ruleSets,
  builtInRules,
  ruleSet,
] as const
