/** Profiles and deployment rules. */
import type { profileRoutes, ruleRoutes } from "#wire/rest/profile-routes.ts"
import * as impact from "../intent/profile-impact.ts"
import * as profiles from "../intent/profiles.ts"
import { previewRule } from "../intent/rule-preview.ts"
import { createRule, editRule, removeRule } from "../intent/rules.ts"
import type { ProfileSpecBody } from "#wire/rest/profiles.ts"
import type { Caller } from "../auth/access.ts"
import { done, invalid, notFound, type Outcome, type Refusal } from "../refusal.ts"
import { findProfile, listProfiles } from "../store/profile.ts"
import { listVersions } from "../store/profile-version.ts"
import { findRule, listRules } from "../store/rule.ts"
import { byName, byNumber, page, readCursor } from "./cursor.ts"
import type { Handlers, Services } from "./handler.ts"

type Names = keyof typeof profileRoutes | keyof typeof ruleRoutes

export const profileHandlers = ({ database }: Services): Pick<Handlers, Names> => ({
  ...ofProfiles(database),
  ...ofVersions(database),
  listRules: async ({ query }) => {
    const at = readCursor(query.cursor, byName)
    if (at.kind === "refused") return at
    const found = await listRules(database.sql, at.after, query.limit + 1)
    return done(page(found, query.limit, ({ name }) => [name]))
  },
  getRule: async ({ params }) => ruleAnswer(database, done(params.id)),
  createRule: async ({ body }, { caller }) =>
    ruleAnswer(database, await createRule(database, body, caller)),
  previewRule: async ({ body }, { caller }) => previewRule(database, caller.scope, body),
  editRule: async ({ params, body }, { caller }) =>
    ruleAnswer(database, await editRule(database, params.id, body, caller)),
  deleteRule: async ({ params }, { caller }) => removeRule(database, params.id, caller),
})

async function ruleAnswer({ sql }: Services["database"], outcome: Outcome<string>) {
  if (outcome.kind === "refused") return outcome
  const rule = await findRule(sql, outcome.value)
  return rule === undefined ? notFound("rule") : done(rule)
}

type VersionNames =
  | "listProfileVersions"
  | "getProfileVersion"
  | "previewImpact"
  | "diffProfile"
  | "cascadeOfProfile"

function ofProfiles(
  database: Services["database"],
): Pick<Handlers, Exclude<keyof typeof profileRoutes, VersionNames>> {
  const answer = async (outcome: Outcome<string>) => {
    if (outcome.kind === "refused") return outcome
    const profile = await findProfile(database.sql, outcome.value)
    return profile === undefined ? notFound("profile") : done(profile)
  }
  return {
    listProfiles: async ({ query }) => {
      const at = readCursor(query.cursor, byName)
      if (at.kind === "refused") return at
      const found = await listProfiles(database.sql, at.after, query.limit + 1)
      return done(page(found, query.limit, ({ name }) => [name]))
    },
    getProfile: async ({ params }) => answer(done(params.id)),
    createProfile: async ({ body }, { caller }) =>
      answer(
        refuseCommands(body.spec, caller) ?? (await profiles.createProfile(database, body, caller)),
      ),
    checkProfile: async ({ body }) => {
      const settled = await profiles.settledSpec(database.sql, body.spec, undefined)
      return settled.kind === "refused"
        ? settled
        : done({ warnings: impact.warningsOf(settled.value) })
    },
    editProfile: async ({ params, body }, { caller }) =>
      answer(
        refuseCommands(body.spec, caller) ??
          (await profiles.editProfile(database, params.id, body, caller)),
      ),
    revertProfile: async ({ params, body }, { caller }) =>
      answer(await profiles.revertProfile(database, params.id, body, caller)),
    cloneProfile: async ({ params, body }, { caller }) =>
      answer(await profiles.cloneProfile(database, params.id, body, caller)),
    deleteProfile: async ({ params }, { caller }) =>
      profiles.removeProfile(database, params.id, caller),
  }
}

/** Rules that run commands in database pods are an admin's to write: an operator attaches a set that has them. */
function refuseCommands(spec: ProfileSpecBody | undefined, { role }: Caller): Refusal | undefined {
  if (spec?.recovery?.allowExec !== true || role === "admin") return undefined
  return invalid([
    {
      field: "spec.recovery.allowExec",
      problem: `only an admin writes rules that run commands, and your role is ${role}: attach a rule set that an admin made`,
    },
  ])
}

const ofVersions = ({ sql }: Services["database"]): Pick<Handlers, VersionNames> => ({
  listProfileVersions: async ({ params, query }) => {
    const at = readCursor(query.cursor, byNumber)
    if (at.kind === "refused") return at
    if ((await findProfile(sql, params.id)) === undefined) return notFound("profile")
    const before = at.after === undefined ? undefined : Number(at.after[0])
    const found = await listVersions(sql, params.id, before, query.limit + 1)
    return done(page(found, query.limit, ({ specVersion }) => [String(specVersion)]))
  },
  getProfileVersion: async ({ params }) => impact.wholeVersion(sql, params.id, params.specVersion),
  previewImpact: async ({ params, body }, { caller }) =>
    impact.previewImpact(sql, caller.scope, params.id, params.specVersion, body.clusterIds),
  diffProfile: async ({ params, query }) => impact.diffVersions(sql, params.id, query),
  cascadeOfProfile: async ({ params, query }, { caller }) =>
    impact.cascadeOf(sql, caller.scope, params.id, query),
})
