/** Sessions of people in browsers: opened by a sign-in, ended by a sign-out or by whoever may. */
import { scopeOf } from "#core/access/scope.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { OpenSession, Session } from "#wire/rest/access.ts"
import { audit } from "../audit/audit.ts"
import { central } from "../intent/actor.ts"
import { tell } from "../intent/tell.ts"
import { noteSignIn, type PersonRow } from "../store/person.ts"
import { insertSession } from "../store/session.ts"
import { newSessionToken, sha256 } from "./secret.ts"

export const sessionHours = 12

/** `token` is what the cookie will hold. */
export type OpenedSession = { readonly token: string; readonly session: Session }

export type SignedInBy = {
  readonly by: OpenSession["by"]
  readonly address: string
  readonly userAgent: string | undefined
  readonly requestId: string
}

const userAgentMax = 300

export async function openSession(
  sql: Sql,
  person: PersonRow,
  { by, address, userAgent, requestId }: SignedInBy,
): Promise<OpenedSession> {
  const token = newSessionToken()
  const { id, name, role, scope } = person
  const expiresAt = await insertSession(sql, {
    hash: sha256(token),
    personId: id,
    by,
    address,
    userAgent: userAgent?.slice(0, userAgentMax),
    hours: sessionHours,
  })
  await noteSignIn(sql, id)
  await tell(sql, person, undefined, [
    { kind: "sign-in.done", message: `${name} signed in`, details: { address, by } },
  ])
  await audit(
    sql,
    { ...central, name, personId: id, address, requestId },
    { action: "sign-in", resource: "session", id, name, after: { person: name, by } },
  )
  return {
    token,
    session: {
      personId: id,
      user: name,
      role,
      scope: [...scopeOf(scope)],
      expiresAt: new Date(expiresAt).toISOString(),
      hasPassword: person.passwordHash !== undefined,
    },
  }
}
