/** Sign-in, session and API tokens. */
import { randomUUID } from "node:crypto"
import { audit } from "../audit/audit.ts"
import { signOut } from "../auth/access.ts"
import { newApiToken, sha256 } from "../auth/secret.ts"
import { tell } from "../intent/tell.ts"
import { done, notFound } from "../refusal.ts"
import { deleteToken, insertToken, listTokens } from "../store/access.ts"
import { notify } from "../store/change.ts"
import { byNameAndId, page, readCursor } from "./cursor.ts"
import type { Handlers, Services } from "./handler.ts"

type Names = "signIn" | "session" | "signOut" | "listTokens" | "createToken" | "revokeToken"

/** A token without an end is shown with this one, far away: the field of a session is never empty. */
const never = "9999-12-31T00:00:00.000Z"

export const accessHandlers = ({ database, signIn }: Services): Pick<Handlers, Names> => ({
  signIn: async ({ body }, { address, session }) => {
    const outcome = await signIn.signIn(body.user, body.password, address, performance.now())
    if (outcome.kind === "refused") return outcome
    session.set(outcome.value.token, new Date(outcome.value.session.expiresAt))
    return done(outcome.value.session)
  },
  session: async (_, { caller }) =>
    Promise.resolve(
      done({
        user: caller.name,
        role: caller.role,
        scope: [...caller.scope],
        expiresAt:
          caller.expiresAt === undefined ? never : new Date(caller.expiresAt).toISOString(),
      }),
    ),
  signOut: async (_, { session }) => {
    if (session.given !== undefined) await signOut(database.sql, session.given)
    session.clear()
    return done(undefined)
  },
  listTokens: async ({ query }) => {
    const at = readCursor(query.cursor, byNameAndId)
    if (at.kind === "refused") return at
    const found = await listTokens(database.sql, at.after, query.limit + 1)
    return done(page(found, query.limit, ({ name, id }) => [name, id]))
  },
  createToken: async ({ body }, { caller }) => {
    const token = newApiToken()
    const made = await database.transaction(async (sql) => {
      const row = await insertToken(sql, {
        id: randomUUID(),
        person: caller.personId,
        name: body.name,
        hash: sha256(token),
        days: body.expiresInDays ?? undefined,
      })
      await tell(sql, caller, undefined, [
        { kind: "token.created", message: `API token ${body.name} was made` },
      ])
      await audit(sql, caller, {
        action: "create",
        resource: "token",
        id: row.id,
        name: row.name,
        after: { name: row.name, owner: caller.name, expiresAt: row.expiresAt },
      })
      await notify(sql, { kind: "list", resource: "tokens" })
      return row
    })
    return done({ ...made, token })
  },
  revokeToken: async ({ params }, { caller }) =>
    database.transaction(async (sql) => {
      const name = await deleteToken(sql, params.id)
      if (name === undefined) return notFound("API token")
      await tell(sql, caller, undefined, [
        { kind: "token.revoked", message: `API token ${name} was revoked` },
      ])
      await audit(sql, caller, { action: "revoke", resource: "token", id: params.id, name })
      await notify(sql, { kind: "list", resource: "tokens" })
      return done(undefined)
    }),
})
