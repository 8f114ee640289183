/** What a person may do about profiles. */
import { randomUUID } from "node:crypto"
import type { z } from "zod"
import { wholeFleet } from "#core/access/scope.ts"
import { checkProfile } from "#core/cluster/check.ts"
import type { Problem } from "#core/parsed.ts"
import { type Change, diffSpecs } from "#core/rollout/diff.ts"
import { patternProblems } from "#io/pattern.ts"
import { type Database, type Sql, violates } from "#io/postgres/sql.ts"
import type {
  cloneProfileBody,
  editProfileBody,
  revertProfileBody,
} from "#wire/rest/profile-versions.ts"
import type { createProfileBody, ProfileSpecBody } from "#wire/rest/profiles.ts"
import { profileSpec } from "#wire/profile-spec.ts"
import { audit } from "../audit/audit.ts"
import { done, invalid, notFound, type Outcome, type Refusal, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import {
  deleteProfile,
  findProfile,
  insertProfile,
  lockProfile,
  type ProfileRow,
  updateProfile,
  useOf,
} from "../store/profile.ts"
import { findVersion, followers, insertVersion, specAt } from "../store/profile-version.ts"
import { holdIntent } from "./placing.ts"
import type { Actor } from "./actor.ts"
import { settledImage } from "./profile-image.ts"
import { referenceProblems } from "./profile-references.ts"
import { tell } from "./tell.ts"

export const nameTaken = (what: string, name: string): Refusal =>
  refused(409, "NAME_TAKEN", `there is a ${what} called ${name} already`, [
    { field: "name", problem: `there is a ${what} called ${name} already` },
  ])

/** Everything that is wrong with a spec, each problem at its field of the request. */
export function specProblems(body: ProfileSpecBody): readonly Problem[] {
  const spec = profileSpec(body)
  return [...checkProfile(spec), ...patternProblems(spec.recovery)].map(({ field, problem }) => ({
    field: `spec.${field}`,
    problem,
  }))
}

/**
 * The spec as it is written: its image filled in, everything that it names there. `before` is the version that
 * it follows. Or every problem of it.
 */
export async function settledSpec(
  sql: Sql,
  body: ProfileSpecBody,
  before: ProfileSpecBody | undefined,
): Promise<Outcome<ProfileSpecBody>> {
  const image = await settledImage(sql, body, before)
  const spec = image.kind === "settled" ? image.spec : body
  const problems = [
    ...specProblems(spec).filter(
      ({ field }) => image.kind === "settled" || field !== "spec.postgres.image",
    ),
    ...(image.kind === "bad" ? image.problems : []),
    ...(await referenceProblems(sql, spec)),
  ]
  return problems.length > 0 ? invalid(problems) : done(spec)
}

/** Runs `work`; a name that another profile has becomes a refusal. */
async function withUniqueName<T>(
  name: string,
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  try {
    return await work()
  } catch (error) {
    if (violates(error, "profile_name_key")) return nameTaken("profile", name)
    throw error
  }
}

export async function createProfile(
  database: Database,
  body: z.output<typeof createProfileBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  return withUniqueName(body.name, () =>
    database.transaction(async (sql) => {
      const settled = await settledSpec(sql, body.spec, undefined)
      if (settled.kind === "refused") return settled
      const made = { ...body, spec: settled.value }
      return done(await make(sql, made, actor, { told: `profile ${body.name} was made`, note: "" }))
    }),
  )
}

async function make(
  sql: Sql,
  body: z.output<typeof createProfileBody>,
  actor: Actor,
  { told: message, note }: { readonly told: string; readonly note: string },
): Promise<string> {
  const id = randomUUID()
  await insertProfile(sql, { id, ...body }, { actor: actor.name, note })
  await told(sql, actor, "profile.created", message)
  await audit(sql, actor, {
    action: "create",
    resource: "profile",
    id,
    name: body.name,
    after: { ...body, specVersion: 1 },
  })
  await notify(sql, { kind: "list", resource: "profiles" })
  return id
}

const told = (
  sql: Sql,
  actor: Actor,
  kind: string,
  message: string,
  details: Readonly<Record<string, string>> = {},
): Promise<void> => tell(sql, actor, undefined, [{ kind, message, details }])

/** A copy that lives on its own: what happens to the original does not reach it. */
export async function cloneProfile(
  database: Database,
  id: string,
  body: z.output<typeof cloneProfileBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  return withUniqueName(body.name, () =>
    database.transaction(async (sql) => {
      const original = await findProfile(sql, id)
      if (original === undefined) return notFound("profile")
      const version = body.specVersion ?? original.specVersion
      const found = await findVersion(sql, id, version)
      if (found === undefined) return invalid([noVersion("specVersion", version)])
      // What was good when it was made may not be any more.
      const settled = await settledSpec(sql, found.spec, found.spec)
      if (settled.kind === "refused") return settled
      const said = `of version ${version} of ${original.name}`
      const { name, description = original.description } = body
      return done(
        await make(sql, { name, description, spec: found.spec }, actor, {
          told: `profile ${name} was made as a copy ${said}`,
          note: `copy ${said}`,
        }),
      )
    }),
  )
}

export const noVersion = (field: string, version: number): Problem => ({
  field,
  problem: `the profile has no version ${version}`,
})

/** Another spec becomes a new version. Clusters stay on theirs until somebody approves. */
export async function editProfile(
  database: Database,
  id: string,
  given: z.output<typeof editProfileBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  return withUniqueName(given.name ?? "", () =>
    database.transaction(async (sql) => {
      const before = await lockProfile(sql, id)
      if (before === undefined) return notFound("profile")
      if (before.version !== given.version) return versionConflict(sql, before, given.version)
      const settled =
        given.spec === undefined
          ? done(before.spec)
          : await settledSpec(sql, given.spec, before.spec)
      if (settled.kind === "refused") return settled
      const { name = before.name, description = before.description } = given
      await write(sql, before, { name, description, spec: settled.value }, actor, {
        note: given.note,
      })
      return done(id)
    }),
  )
}

export async function revertProfile(
  database: Database,
  id: string,
  given: z.output<typeof revertProfileBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  return database.transaction(async (sql) => {
    const before = await lockProfile(sql, id)
    if (before === undefined) return notFound("profile")
    if (before.version !== given.version) return versionConflict(sql, before, given.version)
    const found = await findVersion(sql, id, given.to)
    if (found === undefined) return invalid([noVersion("to", given.to)])
    const settled = await settledSpec(sql, found.spec, found.spec)
    if (settled.kind === "refused") return settled
    if (changesOf(before.spec, found.spec).length === 0)
      return refused(
        409,
        "SAME_SPEC",
        `version ${given.to} says what the newest version ${before.specVersion} says already`,
        [{ field: "to", problem: "differs in nothing from the newest version" }],
      )
    const note = given.note ?? `back to version ${given.to}`
    await write(sql, before, { ...before, spec: found.spec }, actor, { note })
    return done(id)
  })
}

const changesOf = (from: ProfileSpecBody, to: ProfileSpecBody): readonly Change[] =>
  diffSpecs(profileSpec(from), profileSpec(to))

/** Writes what differs from `before`, which is locked; nothing where nothing does. */
async function write(
  sql: Sql,
  before: ProfileRow,
  after: Pick<ProfileRow, "name" | "description" | "spec">,
  actor: Actor,
  { note = "" }: { readonly note: string | undefined },
): Promise<void> {
  const changes = changesOf(before.spec, after.spec)
  const isNew = changes.length > 0
  const { name, description } = after
  if (!isNew && name === before.name && description === before.description) return
  const specVersion = before.specVersion + (isNew ? 1 : 0)
  const spec = isNew ? after.spec : before.spec
  await updateProfile(sql, { id: before.id, name, description, spec, specVersion })
  if (isNew)
    await insertVersion(sql, {
      profileId: before.id,
      specVersion,
      spec,
      actor: actor.name,
      note,
      rowVersion: before.version + 1,
    })
  const renamed = name === before.name ? "" : ` (it was called ${before.name})`
  await told(
    sql,
    actor,
    "profile.edited",
    isNew
      ? `profile ${name}${renamed} has version ${specVersion}: ${summary(changes)}`
      : `profile ${name}${renamed} was described anew`,
    { version: String(specVersion), ...(note === "" ? {} : { note }) },
  )
  await audit(sql, actor, {
    action: "edit",
    resource: "profile",
    id: before.id,
    name,
    before,
    after: { name, description, spec, specVersion },
  })
  await notify(sql, { kind: "list", resource: "profiles" })
  // Each shows whether there is a newer version than its own.
  const behind = isNew ? await followers(sql, wholeFleet, before.id, undefined) : []
  if (behind.length > 0) await notify(sql, { kind: "clusters", ids: behind.map(({ id }) => id) })
}

const shownMax = 8

const summary = (changes: readonly Change[]): string =>
  [
    ...changes.slice(0, shownMax).map(inWords),
    ...(changes.length > shownMax ? [`${changes.length - shownMax} more`] : []),
  ].join(", ")

/** Events keep these words: a setting of an extension may be a secret, and no value is told at length. */
function inWords({ field, from, to }: Change): string {
  const isSecret = /^parameters\.[^.]+\./.test(field)
  if (isSecret || typeof from === "object" || typeof to === "object")
    return `${field} ${from === undefined ? "is new" : to === undefined ? "is gone" : "changed"}`
  return `${field} ${clipped(from)} → ${clipped(to)}`
}

const clipped = (value: string | number | boolean | undefined): string => {
  const text = String(value ?? "unset")
  return text.length > 60 ? `${text.slice(0, 59)}…` : text
}

/** 409 that says what changed since the sender looked, so that a person can decide anew. */
async function versionConflict(sql: Sql, now: ProfileRow, sent: number): Promise<Refusal> {
  const was = await specAt(sql, now.id, sent)
  const changes = was === undefined ? [] : changesOf(was, now.spec)
  return refused(
    409,
    "VERSION_CONFLICT",
    `the profile was changed meanwhile (version ${sent} was sent, ${now.version} is current): read it again and repeat the change`,
    [
      { field: "version", problem: `is ${now.version} now` },
      { field: "name", problem: `is ${now.name} now` },
      ...changes.slice(0, conflictsMax).map((change) => ({
        field: `spec.${change.field}`,
        problem: `changed meanwhile: ${inWords(change)}`,
      })),
    ],
  )
}

const conflictsMax = 50

export async function removeProfile(
  database: Database,
  id: string,
  actor: Actor,
): Promise<Outcome<undefined>> {
  return database.transaction(async (sql) => {
    // Clusters are made under this lock only, so none can appear between counting and deleting.
    await holdIntent(sql)
    const { clusters, rules } = await useOf(sql, id)
    if (clusters > 0 || rules > 0)
      return refused(
        409,
        "PROFILE_IN_USE",
        `the profile is used by ${clusters} clusters and ${rules} rules; delete those first`,
      )
    const before = await lockProfile(sql, id)
    if (before === undefined) return notFound("profile")
    await deleteProfile(sql, id)
    const { name } = before
    await told(sql, actor, "profile.deleted", `profile ${name} was deleted`)
    await audit(sql, actor, { action: "delete", resource: "profile", id, name, before })
    await notify(sql, { kind: "list", resource: "profiles" })
    return done(undefined)
  })
}
