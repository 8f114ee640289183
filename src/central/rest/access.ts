/** Signing in and out, the own password, sessions and API tokens. */
import type { Caller } from "../auth/access.ts"
import * as people from "../intent/people.ts"
import * as tokens from "../intent/tokens.ts"
import { done, type Outcome, refused } from "../refusal.ts"
import { listSessions } from "../store/session.ts"
import { listTokens } from "../store/token.ts"
import { signInPath } from "./sign-in-provider.ts"
import { byNameAndId, byTimeAndId, page, readCursor } from "./cursor.ts"
import type { Handlers, Services } from "./handler.ts"

type Names =
  | "signIn"
  | "signInOptions"
  | "session"
  | "signOut"
  | "changePassword"
  | "listSessions"
  | "endSession"
  | "listTokens"
  | "createToken"
  | "revokeToken"

/** A token without an end is shown with this one, far away: the field of a session is never empty. */
const never = "9999-12-31T00:00:00.000Z"

/** Whose are listed: the own ones, or for admins those of whom they ask for. Nobody else is told whether such a person exists. */
function askedFor(
  caller: Caller,
  personId: string | undefined,
  otherwise: string | undefined,
): Outcome<string | undefined> {
  if (personId === undefined) return done(otherwise)
  return personId === caller.personId || caller.role === "admin"
    ? done(personId)
    : refused(403, "ROLE_TOO_LOW", "only admins see what belongs to other people")
}

export const accessHandlers = ({
  database,
  signIn,
  provider,
}: Services): Pick<Handlers, Names> => ({
  ...credentialHandlers({ database }),
  signIn: async ({ body }, { address, userAgent, requestId, session }) => {
    const attempt = { ...body, address, userAgent, requestId }
    const outcome = await signIn.signIn(attempt, performance.now())
    if (outcome.kind === "refused") return outcome
    session.set(outcome.value.token, new Date(outcome.value.session.expiresAt))
    return done(outcome.value.session)
  },
  signInOptions: () =>
    Promise.resolve(
      done({
        provider: provider === undefined ? null : { name: provider.name, signInUrl: signInPath },
      }),
    ),
  session: (_, { caller }) =>
    Promise.resolve(
      done({
        personId: caller.personId,
        user: caller.name,
        role: caller.role,
        scope: [...caller.scope],
        expiresAt:
          caller.expiresAt === undefined ? never : new Date(caller.expiresAt).toISOString(),
        hasPassword: caller.hasPassword,
      }),
    ),
  signOut: async (_, { caller, session }) => {
    session.clear()
    // A token is not signed out: it is revoked.
    return caller.sessionId === undefined
      ? done(undefined)
      : tokens.endSession(database, caller.sessionId, caller)
  },
  changePassword: async ({ body }, { caller, address }) => {
    const narrow = tokens.refuseNarrowed(caller)
    if (narrow !== undefined) return narrow
    if (!caller.hasPassword)
      return refused(
        409,
        "NO_PASSWORD",
        "you sign in through the identity provider and have no password here",
      )
    const known = await signIn.confirm(caller.name, body.current, address, performance.now())
    return known.kind === "refused" ? known : people.changePassword(database, body.password, caller)
  },
})

const credentialHandlers = ({
  database,
}: Pick<Services, "database">): Pick<
  Handlers,
  "listSessions" | "endSession" | "listTokens" | "createToken" | "revokeToken"
> => ({
  listSessions: async ({ query }, { caller }) => {
    const at = readCursor(query.cursor, byTimeAndId)
    if (at.kind === "refused") return at
    const of = askedFor(caller, query.personId, caller.personId)
    if (of.kind === "refused") return of
    const found = await listSessions(
      database.sql,
      of.value ?? caller.personId,
      caller.sessionId,
      at.after,
      query.limit + 1,
    )
    return done(page(found, query.limit, ({ createdAt, id }) => [createdAt, id]))
  },
  endSession: async ({ params }, { caller }) => tokens.endSession(database, params.id, caller),
  listTokens: async ({ query }, { caller }) => {
    const at = readCursor(query.cursor, byNameAndId)
    if (at.kind === "refused") return at
    const of = askedFor(caller, query.personId, tokens.reachOf(caller))
    if (of.kind === "refused") return of
    const found = await listTokens(database.sql, of.value, at.after, query.limit + 1)
    return done(page(found, query.limit, ({ name, id }) => [name, id]))
  },
  createToken: async ({ body }, { caller }) => tokens.createToken(database, body, caller),
  revokeToken: async ({ params }, { caller }) => tokens.revokeToken(database, params.id, caller),
})
