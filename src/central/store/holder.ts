/** Who stands behind a session or a token, and what that one may do now. */
import { narrowed, type Standing } from "#core/access/may.ts"
import { isWholeFleet, scopeOf } from "#core/access/scope.ts"
import { booleanOf, maybe, type Row, textOf, timeOf } from "#io/postgres/row.ts"
import { labelsAt, roleOf } from "./person.ts"

export type Holder = Standing & {
  readonly personId: string
  readonly name: string
  readonly hasPassword: boolean
  readonly sessionId: string | undefined
  readonly token: { readonly id: string; readonly name: string } | undefined
  /** A token that may less than its owner: it manages no credentials, which would be a way out of that. */
  readonly isNarrowed: boolean
  /** Undefined never. */
  readonly expiresAt: number | undefined
}

const owner = (row: Row) => ({
  personId: textOf(row, "person_id"),
  name: textOf(row, "person"),
  hasPassword: booleanOf(row, "has_password"),
  role: roleOf(row, "role"),
  scope: scopeOf(labelsAt(row, "scope")),
  expiresAt: maybe(timeOf, row, "expires_at"),
})

export const holderOfSession = (row: Row): Holder => ({
  ...owner(row),
  sessionId: textOf(row, "session_id"),
  token: undefined,
  isNarrowed: false,
})

export function holderOfToken(row: Row): Holder {
  const its = owner(row)
  const given = { role: roleOf(row, "token_role"), scope: scopeOf(labelsAt(row, "token_scope")) }
  const now = narrowed(its, given)
  return {
    ...its,
    ...now,
    sessionId: undefined,
    token: { id: textOf(row, "token_id"), name: textOf(row, "token_name") },
    isNarrowed: now.role !== its.role || !isWholeFleet(given.scope),
  }
}
