/** The operations of one cluster as a page shows them: the list, and the one that is going on. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { useState } from "react"
import { isOver } from "#core/switchover/operation.ts"
import { operationsQuery } from "../api/queries.ts"

/**
 * `watched` is the switchover that runs, or one that ended while it was looked at, until it is dismissed. A page
 * that is loaded anew finds a running one again.
 */
export function useOperations(clusterId: string) {
  const list = useInfiniteQuery(operationsQuery(clusterId))
  const [watchedId, watch] = useState<string>()
  const operations = list.data?.pages.flatMap(({ items }) => items)
  const running = operations?.find(({ state }) => !isOver(state))
  if (running?.kind === "switchover" && running.id !== watchedId) watch(running.id)
  return {
    operations,
    running,
    watched: operations?.find(({ id }) => id === watchedId),
    dismiss: () => watch(undefined),
    error: list.error,
    retry: list.refetch,
    retrying: list.isFetching,
  }
}
