/** What every part of the stand-in needs: the shape of its handlers, its refusals, and lists in pages. */
import type { Answer, Received, RouteName } from "#wire/rest/routes.ts"

/** A route that no screen asks for needs no answer here; fake-central.ts says so to whoever asks. */
export type Handlers = {
  readonly [N in RouteName]?: (received: Received<N>) => Answer<N>
}

export class FakeRefusal extends Error {
  readonly status: number
  readonly code: string
  readonly problems: readonly { field: string; problem: string }[] | undefined

  constructor(
    status: number,
    code: string,
    detail: string,
    problems?: readonly { field: string; problem: string }[],
  ) {
    super(detail)
    this.status = status
    this.code = code
    this.problems = problems
  }
}

export function one<T extends { readonly id: string }>(items: readonly T[], id: string): T {
  const found = items.find((item) => item.id === id)
  if (found === undefined) throw new FakeRefusal(404, "NOT_FOUND", "there is nothing of this id")
  return found
}

export function page<T extends { readonly id: string }>(
  items: readonly T[],
  { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined },
): { items: T[]; nextCursor: string | null } {
  const from = cursor === undefined ? 0 : items.findIndex((item) => item.id === cursor) + 1
  const shown = items.slice(from, from + limit)
  return {
    items: shown,
    nextCursor: from + limit < items.length ? (shown.at(-1)?.id ?? null) : null,
  }
}
