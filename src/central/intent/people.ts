/** What an admin may do about people. Each change works at once: on sessions, tokens and open live lines. */
import { randomUUID } from "node:crypto"
import type { z } from "zod"
import type { Role } from "#core/access/role.ts"
import { type Labels, inWords, scopeOf } from "#core/access/scope.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import type { createPersonBody, editPersonBody } from "#wire/rest/people.ts"
import { audit } from "../audit/audit.ts"
import { madeUpPassword } from "../auth/first-admin.ts"
import { hashPassword } from "../auth/password.ts"
import { done, invalid, notFound, type Outcome, type Refusal, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import {
  deletePerson,
  insertPerson,
  keepPassword,
  lockAdmins,
  lockPerson,
  type PersonRow,
  updatePerson,
} from "../store/person.ts"
import { deleteSessionsOf } from "../store/session.ts"
import type { Actor } from "./actor.ts"
import { nameTaken } from "./profiles.ts"
import { tell } from "./tell.ts"

/** As the audit keeps a person. */
const recorded = (person: Omit<PersonRow, "id" | "version">) => ({
  ...person,
  email: person.email ?? null,
  provider: person.issuer ?? null,
  password: person.passwordHash,
})

/** What this person may do, or may do no more, is otherwise: pages that list people and lines that are open look again. */
async function changed(sql: Sql, id: string): Promise<void> {
  await notify(sql, { kind: "access", ids: [id] })
  await notify(sql, { kind: "list", resource: "people" })
  await notify(sql, { kind: "list", resource: "tokens" })
}

const scopedAdmin = (role: Role, scope: Labels): Refusal | undefined =>
  role === "admin" && Object.keys(scope).length > 0
    ? invalid([
        {
          field: "scope",
          problem: "an admin decides about everybody's access and has no scope; leave it empty",
        },
      ])
    : undefined

const withName = (person: { readonly role: Role; readonly scope: Labels }): string =>
  `${person.role} on ${inWords(scopeOf(person.scope))}`

/** `password` is the one that was made up, to be shown once. */
export type Made = { readonly id: string; readonly password: string | undefined }

export async function createPerson(
  database: Database,
  body: z.output<typeof createPersonBody>,
  actor: Actor,
): Promise<Outcome<Made>> {
  const wrong = scopedAdmin(body.role, body.scope)
  if (wrong !== undefined) return wrong
  const password = body.password ?? madeUpPassword()
  const person = {
    id: randomUUID(),
    name: body.name,
    email: body.email,
    role: body.role,
    scope: body.scope,
    passwordHash: await hashPassword(password),
    issuer: undefined,
    subject: undefined,
  }
  return database.transaction(async (sql) => {
    if (!(await insertPerson(sql, person))) return nameTaken("person", body.name)
    await tell(sql, actor, undefined, [
      { kind: "person.created", message: `${body.name} may sign in: ${withName(person)}` },
    ])
    await audit(sql, actor, {
      action: "create",
      resource: "person",
      id: person.id,
      name: person.name,
      after: recorded({ ...person, disabled: false }),
    })
    await notify(sql, { kind: "list", resource: "people" })
    return done({
      id: person.id,
      password: body.password === undefined ? password : undefined,
    })
  })
}

/** No when after it nobody could sign in and let others in. Holds all admins until the transaction ends. */
async function refuseLastAdmin(sql: Sql, id: string): Promise<Refusal | undefined> {
  const admins = await lockAdmins(sql)
  return admins.length === 1 && admins[0] === id
    ? refused(
        409,
        "LAST_ADMIN",
        "this is the last admin who can sign in; make somebody else admin first",
      )
    : undefined
}

export async function editPerson(
  database: Database,
  id: string,
  given: z.output<typeof editPersonBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  return database.transaction(async (sql) => {
    // Admins first, then this one: always in this order, so that two such changes do not lock each other out.
    const admins = await refuseLastAdmin(sql, id)
    const before = await lockPerson(sql, id)
    if (before === undefined) return notFound("person")
    if (before.version !== given.version) return versionConflict(before, given.version)
    const after = {
      ...before,
      email: given.email === undefined ? before.email : (given.email ?? undefined),
      role: given.role ?? before.role,
      scope: given.scope ?? before.scope,
      disabled: given.disabled ?? before.disabled,
    }
    const wrong = scopedAdmin(after.role, after.scope)
    if (wrong !== undefined) return wrong
    const differs = differences(before, after)
    if (differs.length === 0) return done(id)
    if (admins !== undefined && (after.role !== "admin" || after.disabled)) return admins
    await updatePerson(sql, after)
    if (after.disabled) await deleteSessionsOf(sql, id)
    await tell(sql, actor, undefined, [
      { kind: "person.edited", message: `${before.name}: ${differs.join(", ")}` },
    ])
    await audit(sql, actor, {
      action: "edit",
      resource: "person",
      id,
      name: before.name,
      before: recorded(before),
      after: recorded(after),
    })
    await changed(sql, id)
    return done(id)
  })
}

const differences = (before: PersonRow, after: PersonRow): readonly string[] =>
  [
    ["role", before.role, after.role],
    ["scope", inWords(scopeOf(before.scope)), inWords(scopeOf(after.scope))],
    ["e-mail", before.email ?? "none", after.email ?? "none"],
    ["access", before.disabled ? "disabled" : "enabled", after.disabled ? "disabled" : "enabled"],
  ].flatMap(([what, was, is]) => (was === is ? [] : [`${what} ${was} → ${is}`]))

const versionConflict = (now: PersonRow, sent: number): Refusal =>
  refused(
    409,
    "VERSION_CONFLICT",
    `the person was changed meanwhile (version ${sent} was sent, ${now.version} is current): read it again and repeat the change`,
    [
      { field: "version", problem: `is ${now.version} now` },
      { field: "role", problem: `is ${now.role} now` },
      { field: "scope", problem: `is ${inWords(scopeOf(now.scope))} now` },
      { field: "disabled", problem: `is ${now.disabled} now` },
    ],
  )

export async function removePerson(
  database: Database,
  id: string,
  actor: Actor,
): Promise<Outcome<undefined>> {
  return database.transaction(async (sql) => {
    const admins = await refuseLastAdmin(sql, id)
    const before = await lockPerson(sql, id)
    if (before === undefined) return notFound("person")
    if (admins !== undefined) return admins
    await deletePerson(sql, id)
    await tell(sql, actor, undefined, [
      {
        kind: "person.deleted",
        message: `${before.name} was deleted, with all sessions and tokens`,
      },
    ])
    await audit(sql, actor, {
      action: "delete",
      resource: "person",
      id,
      name: before.name,
      before: recorded(before),
    })
    await changed(sql, id)
    return done(undefined)
  })
}

/** Gives another password and ends all sessions. Answers with the password where it was made up. */
export async function resetPassword(
  database: Database,
  id: string,
  given: string | undefined,
  actor: Actor,
): Promise<Outcome<string | undefined>> {
  const password = given ?? madeUpPassword()
  const hash = await hashPassword(password)
  return database.transaction(async (sql) => {
    const before = await lockPerson(sql, id)
    if (before === undefined) return notFound("person")
    await putPassword(sql, before, hash, actor, { action: "reset-password", keep: undefined })
    return done(given === undefined ? password : undefined)
  })
}

/** The own one, of whom the present one was just asked. The session that asks goes on, the others end. */
export async function changePassword(
  database: Database,
  password: string,
  actor: Actor & { readonly personId: string; readonly sessionId: string | undefined },
): Promise<Outcome<undefined>> {
  const hash = await hashPassword(password)
  return database.transaction(async (sql) => {
    const before = await lockPerson(sql, actor.personId)
    if (before === undefined) return notFound("person")
    await putPassword(sql, before, hash, actor, {
      action: "change-password",
      keep: actor.sessionId,
    })
    return done(undefined)
  })
}

async function putPassword(
  sql: Sql,
  { id, name, passwordHash }: PersonRow,
  hash: string,
  actor: Actor,
  { action, keep }: { readonly action: string; readonly keep: string | undefined },
): Promise<void> {
  await keepPassword(sql, id, hash)
  await deleteSessionsOf(sql, id, keep)
  await tell(sql, actor, undefined, [
    { kind: "password.changed", message: `the password of ${name} was changed` },
  ])
  await audit(sql, actor, {
    action,
    resource: "person",
    id,
    name,
    before: { password: passwordHash },
    after: { password: hash },
  })
  await changed(sql, id)
}
