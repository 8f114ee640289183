/** Profiles and deployment rules. */
import { createProfile, createRule, removeProfile, removeRule } from "../intent/profiles.ts"
import { done, notFound } from "../refusal.ts"
import { findProfile, listProfiles } from "../store/profile.ts"
import { findRule, listRules } from "../store/rule.ts"
import { byName, page, readCursor } from "./cursor.ts"
import type { Handlers, Services } from "./handler.ts"

type Names =
  | "listProfiles"
  | "getProfile"
  | "createProfile"
  | "deleteProfile"
  | "listRules"
  | "createRule"
  | "deleteRule"

export const profileHandlers = ({ database }: Services): Pick<Handlers, Names> => ({
  listProfiles: async ({ query }) => {
    const at = readCursor(query.cursor, byName)
    if (at.kind === "refused") return at
    const found = await listProfiles(database.sql, at.after, query.limit + 1)
    return done(page(found, query.limit, ({ name }) => [name]))
  },
  getProfile: async ({ params }) => {
    const profile = await findProfile(database.sql, params.id)
    return profile === undefined ? notFound("profile") : done(profile)
  },
  createProfile: async ({ body }, { caller }) => {
    const outcome = await createProfile(database, body, caller)
    if (outcome.kind === "refused") return outcome
    const profile = await findProfile(database.sql, outcome.value)
    return profile === undefined ? notFound("profile") : done(profile)
  },
  deleteProfile: async ({ params }, { caller }) => removeProfile(database, params.id, caller),
  listRules: async ({ query }) => {
    const at = readCursor(query.cursor, byName)
    if (at.kind === "refused") return at
    const found = await listRules(database.sql, at.after, query.limit + 1)
    return done(page(found, query.limit, ({ name }) => [name]))
  },
  createRule: async ({ body }, { caller }) => {
    const outcome = await createRule(database, body, caller)
    if (outcome.kind === "refused") return outcome
    const rule = await findRule(database.sql, outcome.value)
    return rule === undefined ? notFound("rule") : done(rule)
  },
  deleteRule: async ({ params }, { caller }) => removeRule(database, params.id, caller),
})
