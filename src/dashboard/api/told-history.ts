/**
 * Items of a cluster's history that the live connection told: operations and role changes. As in told.ts, what
 * was told while an answer was under way is newer than that answer.
 */
import type { InfiniteData } from "@tanstack/react-query"
import type { Operation } from "#wire/rest/operations.ts"
import type { RoleChange } from "#wire/rest/role-changes.ts"
import type { Page } from "../domain/types.ts"
import { now } from "./told.ts"

type Item = { readonly id: string; readonly clusterId: string }
type Pages<T> = InfiniteData<Page<T>>
const kept = 20_000
const mostItems = 2000

export class ToldHistory<T extends Item> {
  readonly #told = new Map<string, { readonly at: number; readonly item: T }>()
  readonly #timeOf: (item: T) => string

  constructor(timeOf: (item: T) => string) {
    this.#timeOf = timeOf
  }

  tell(item: T): void {
    const at = now()
    this.#told.delete(item.id)
    this.#told.set(item.id, { at, item })
    for (const [id, entry] of this.#told) {
      if (at - entry.at < kept && this.#told.size <= mostItems) break
      this.#told.delete(id)
    }
  }

  /** The first page of a cluster's list, asked for at `began`, with what was told since. */
  newest(began: number, page: Page<T>, clusterId: string): Page<T> {
    const fresh = [...this.#told.values()]
      .filter(({ at, item }) => at >= began && item.clusterId === clusterId)
      .map(({ item }) => item)
    return fresh.reduce((result, item) => this.#put(result, item), page)
  }

  /** Pages with `item` in its place: where it stood, else by its time in the first page. */
  within(pages: Pages<T>, item: T): Pages<T> {
    const stood = pages.pages.findIndex(({ items }) => items.some(({ id }) => id === item.id))
    const place = Math.max(0, stood)
    return {
      ...pages,
      pages: pages.pages.map((page, index) => (index === place ? this.#put(page, item) : page)),
    }
  }

  #put(page: Page<T>, item: T): Page<T> {
    const items = page.items.some(({ id }) => id === item.id)
      ? page.items.map((each) => (each.id === item.id ? item : each))
      : [item, ...page.items].toSorted(
          (a, b) => Date.parse(this.#timeOf(b)) - Date.parse(this.#timeOf(a)),
        )
    return { ...page, items }
  }
}

export const toldOperations = new ToldHistory<Operation>(({ createdAt }) => createdAt)
export const toldRoleChanges = new ToldHistory<RoleChange>(({ at }) => at)
