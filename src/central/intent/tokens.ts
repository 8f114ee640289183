/** What people may do about API tokens and open sessions: their own, and admins about everybody's. */
import { randomUUID } from "node:crypto"
import type { z } from "zod"
import { isAtLeast } from "#core/access/role.ts"
import { inWords, scopeOf } from "#core/access/scope.ts"
import type { Problem } from "#core/parsed.ts"
import type { Database } from "#io/postgres/sql.ts"
import type { createTokenBody, Token } from "#wire/rest/access.ts"
import { audit } from "../audit/audit.ts"
import type { Caller } from "../auth/access.ts"
import { newApiToken, prefixOf, sha256 } from "../auth/secret.ts"
import { done, invalid, notFound, type Outcome, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import { deleteSession } from "../store/session.ts"
import { deleteToken, insertToken } from "../store/token.ts"
import { tell } from "./tell.ts"

const day = 86_400_000

/** Whose credentials `caller` may look at and end: undefined is everybody's. */
export const reachOf = (caller: Caller): string | undefined =>
  caller.role === "admin" ? undefined : caller.personId

/** A token that was narrowed must not lead to one that was not. */
export const refuseNarrowed = ({ isNarrowed }: Caller) =>
  isNarrowed
    ? refused(
        403,
        "NARROWED_TOKEN",
        "this token may less than its owner, and so manages no passwords, sessions and tokens; sign in instead",
      )
    : undefined

export async function createToken(
  database: Database,
  body: z.output<typeof createTokenBody>,
  caller: Caller,
): Promise<Outcome<Token & { readonly token: string }>> {
  const narrow = refuseNarrowed(caller)
  if (narrow !== undefined) return narrow
  const { name, role = caller.role, scope } = body
  const problems = tokenProblems({ ...body, role }, caller)
  if (problems.length > 0) return invalid(problems)
  const token = newApiToken()
  return database.transaction(async (sql) => {
    const made = await insertToken(sql, {
      id: randomUUID(),
      personId: caller.personId,
      name,
      hash: sha256(token),
      prefix: prefixOf(token),
      role,
      scope,
      days: body.expiresInDays ?? undefined,
    })
    await tell(sql, caller, undefined, [
      {
        kind: "token.created",
        message: `API token ${name} was made: ${role} on ${inWords(scopeOf(scope))}`,
      },
    ])
    await audit(sql, caller, {
      action: "create",
      resource: "token",
      id: made.id,
      name,
      after: { ...made, owner: caller.name },
    })
    await notify(sql, { kind: "list", resource: "tokens" })
    return done({ ...made, token })
  })
}

function tokenProblems(
  { role, scope, expiresInDays }: z.output<typeof createTokenBody> & Pick<Token, "role">,
  caller: Caller,
): readonly Problem[] {
  const ends = expiresInDays === null ? Infinity : Date.now() + expiresInDays * day
  const longest = caller.token === undefined ? Infinity : (caller.expiresAt ?? Infinity)
  return [
    ...(isAtLeast(caller.role, role)
      ? []
      : [{ field: "role", problem: `a token may not do more than you, who are ${caller.role}` }]),
    ...(role === "admin" && Object.keys(scope).length > 0
      ? [
          {
            field: "scope",
            problem: "an admin has no scope; give the token a lower role, or leave this empty",
          },
        ]
      : []),
    ...(ends > longest
      ? [
          {
            field: "expiresInDays",
            problem: `a token that was made with a token must end with it, at ${new Date(longest).toISOString()}`,
          },
        ]
      : []),
  ]
}

export async function revokeToken(
  database: Database,
  id: string,
  caller: Caller,
): Promise<Outcome<undefined>> {
  const narrow = refuseNarrowed(caller)
  if (narrow !== undefined) return narrow
  return database.transaction(async (sql) => {
    const gone = await deleteToken(sql, id, reachOf(caller))
    if (gone === undefined) return notFound("API token")
    await tell(sql, caller, undefined, [
      {
        kind: "token.revoked",
        message: `API token ${gone.name} of ${gone.personName} was revoked`,
      },
    ])
    await audit(sql, caller, {
      action: "revoke",
      resource: "token",
      id,
      name: gone.name,
      before: { ...gone, owner: gone.personName },
    })
    await notify(sql, { kind: "access", ids: [gone.personId] })
    await notify(sql, { kind: "list", resource: "tokens" })
    return done(undefined)
  })
}

export async function endSession(
  database: Database,
  id: string,
  caller: Caller,
): Promise<Outcome<undefined>> {
  const narrow = refuseNarrowed(caller)
  if (narrow !== undefined) return narrow
  return database.transaction(async (sql) => {
    const ended = await deleteSession(sql, id, reachOf(caller))
    if (ended === undefined) return notFound("session")
    await audit(sql, caller, {
      action: "end",
      resource: "session",
      id,
      name: ended.name,
      before: { person: ended.name },
    })
    await notify(sql, { kind: "access", ids: [ended.personId] })
    return done(undefined)
  })
}
