/** What one row of the table of routes says. */
import type * as z from "zod"

/** Who may call: `anyone` needs no session; `user` a session or an API token. */
export type Access = "anyone" | "user"

export type Route = {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE"
  readonly path: string
  readonly summary: string
  readonly access: Access
  readonly params?: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodType
  /** Status and shape of the good answer; no shape means no content. */
  readonly status: number
  readonly answer?: z.ZodType
}

/** Requests that make or start something: sent twice with one `Idempotency-Key`, they are done once. */
export const takesIdempotencyKey = ({ method, access }: Route): boolean =>
  method === "POST" && access !== "anyone"

export const route = <const R extends Route>(value: R): R => value
