/** What one row of the table of routes says. */
import type * as z from "zod"
import type { Needed } from "#core/access/may.ts"
import type { Role } from "#core/access/role.ts"

/** Who may call: `anyone` needs no session; the others a session or an API token of at least that role. */
export type Access = "anyone" | Role

export type Route = {
  readonly method: "GET" | "POST" | "PATCH" | "PUT" | "DELETE"
  readonly path: string
  readonly summary: string
  readonly access: Access
  /** `fleet`: it reaches every satellite, so that nobody may who has a scope. Otherwise `scope`. */
  readonly reach?: Needed["reach"]
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
