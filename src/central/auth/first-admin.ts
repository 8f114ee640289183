/** Sees to it that somebody can sign in, also when everybody locked themselves out. */
import { randomBytes, randomUUID } from "node:crypto"
import type { Database } from "#io/postgres/sql.ts"
import { audit } from "../audit/audit.ts"
import { central } from "../intent/actor.ts"
import { tell } from "../intent/tell.ts"
import { notify } from "../store/change.ts"
import { findPerson, insertPerson, isAnybodyThere, keepPassword } from "../store/person.ts"
import { deleteSessionsOf } from "../store/session.ts"
import { hashPassword, verifyPassword } from "./password.ts"

export type FirstAdmin =
  | { readonly kind: "there-already" }
  | { readonly kind: "made"; readonly printed: string | undefined }

export const madeUpPassword = (): string => randomBytes(15).toString("base64url")

/**
 * On an empty database the admin is made, with the given password or one that is made up and returned to be
 * printed once. Later a given password replaces the admin's, or makes that admin anew.
 */
export async function ensureAdmin(
  database: Database,
  name: string,
  given: string | undefined,
): Promise<FirstAdmin> {
  const { sql } = database
  if (await isAnybodyThere(sql)) {
    if (given !== undefined) await followPassword(database, name, given)
    return { kind: "there-already" }
  }
  const password = given ?? madeUpPassword()
  if (!(await made(database, name, password))) return { kind: "there-already" }
  return { kind: "made", printed: given === undefined ? password : undefined }
}

async function made(database: Database, name: string, password: string): Promise<boolean> {
  const passwordHash = await hashPassword(password)
  return database.transaction(async (sql) => {
    const person = {
      id: randomUUID(),
      name,
      email: undefined,
      role: "admin",
      scope: {},
      passwordHash,
      issuer: undefined,
      subject: undefined,
    } as const
    const isNew = await insertPerson(sql, person)
    if (isNew)
      await audit(sql, central, {
        action: "create",
        resource: "person",
        id: person.id,
        name,
        after: { ...person, disabled: false, email: null },
      })
    return isNew
  })
}

async function followPassword(database: Database, name: string, given: string): Promise<void> {
  const person = await findPerson(database.sql, name)
  if (person === undefined) {
    await made(database, name, given)
    return
  }
  if (await verifyPassword(person.passwordHash ?? "", given)) return
  const hash = await hashPassword(given)
  await database.transaction(async (sql) => {
    await keepPassword(sql, person.id, hash)
    await deleteSessionsOf(sql, person.id)
    await tell(sql, central, undefined, [
      { kind: "password.changed", message: `the password of ${name} was set from outside` },
    ])
    await audit(sql, central, {
      action: "reset-password",
      resource: "person",
      id: person.id,
      name,
      before: { password: "" },
      after: { password: hash },
    })
    await notify(sql, { kind: "access", ids: [person.id] })
  })
}
