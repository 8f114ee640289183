/** The operations of one cluster as a page shows them: the list, and the one that is going on. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { useState } from "react"
import { isOver } from "#core/switchover/operation.ts"
import { operationsQuery } from "../api/queries.ts"
import { isEmergency } from "../domain/emergency.ts"

/**
 * `watched` is what was asked of the site and runs, or what ended while it was looked at, until it is dismissed. A page
 * that is loaded anew finds a running one again.
 */
export function useOperations(clusterId: string) {
  const list = useInfiniteQuery(operationsQuery(clusterId))
  const [watchedId, watch] = useState<string>()
  const operations = list.data?.pages.flatMap(({ items }) => items)
  const open = operations?.filter(({ state }) => !isOver(state)) ?? []
  const running = open.find(({ kind }) => !isEmergency(kind))
  const emergency = open.find(({ kind }) => isEmergency(kind))
  const isShown = running?.kind === "switchover" || running?.kind === "delete"
  const toWatch = emergency ?? (isShown ? running : undefined)
  if (toWatch !== undefined && toWatch.id !== watchedId) watch(toWatch.id)
  return {
    operations,
    running,
    /** What was asked in an emergency and is not over; nothing else waits for it. */
    emergency,
    watched: operations?.find(({ id }) => id === watchedId),
    dismiss: () => watch(undefined),
    error: list.error,
    retry: list.refetch,
    retrying: list.isFetching,
  }
}
