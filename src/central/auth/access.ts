/** Who is asking: the person behind a session in a browser, or behind the API token of a program. */
import type { Standing } from "#core/access/may.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { Actor } from "../intent/actor.ts"
import { useSession } from "../store/session.ts"
import { useToken } from "../store/token.ts"
import type { Holder } from "../store/holder.ts"
import { sha256 } from "./secret.ts"

export type Caller = Actor & Standing & Holder

export type Credentials = {
  readonly bearer: string | undefined
  readonly session: string | undefined
}

/** The caller behind the credentials, or undefined. A bearer token that is wrong is not helped by a cookie. */
export async function identify(
  sql: Sql,
  given: Credentials,
  asked: Pick<Actor, "address" | "requestId">,
): Promise<Caller | undefined> {
  if (given.bearer !== undefined) {
    if (!given.bearer.startsWith("pgs_")) return undefined
    const holder = await useToken(sql, sha256(given.bearer))
    return holder && { ...holder, ...asked }
  }
  if (given.session === undefined) return undefined
  const holder = await useSession(sql, sha256(given.session))
  return holder && { ...holder, ...asked }
}
