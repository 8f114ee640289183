/** What central answers when it will not do something: a value, made where it is decided. */
import type { Problem } from "#core/parsed.ts"

export type Refusal = {
  readonly kind: "refused"
  readonly status: 400 | 401 | 403 | 404 | 409 | 422 | 429 | 503
  /** Stable, upper case, for programs. */
  readonly code: string
  readonly detail: string
  readonly problems?: readonly Problem[]
  /** Seconds after which a second try makes sense. */
  readonly retryAfter?: number
}

export type Outcome<T> = { readonly kind: "done"; readonly value: T } | Refusal

export const done = <T>(value: T): Outcome<T> => ({ kind: "done", value })

export const refused = (
  status: Refusal["status"],
  code: string,
  detail: string,
  problems?: readonly Problem[],
): Refusal => ({
  kind: "refused",
  status,
  code,
  detail,
  ...(problems === undefined ? {} : { problems }),
})

/** No while it is so: it may be asked for again after that many seconds. */
export const later = (
  status: 429 | 503,
  code: string,
  detail: string,
  retryAfter: number,
): Refusal => ({ ...refused(status, code, detail), retryAfter })

export const notFound = (what: string): Refusal =>
  refused(404, "NOT_FOUND", `there is no such ${what}`)

export const invalid = (problems: readonly Problem[]): Refusal =>
  refused(400, "INVALID", "some fields are not as they must be", problems)
