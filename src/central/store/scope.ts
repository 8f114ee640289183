/** A scope as a parameter of SQL: `in_scope(s.labels, ${within(scope)}::jsonb[])`. */
import type { Scope } from "#core/access/scope.ts"

export const within = (scope: Scope): readonly string[] =>
  scope.map((selector) => JSON.stringify(selector))
