/** What the pages of rollouts and freeze windows ask central. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query"
import type { z } from "zod"
import type { EntryState } from "#core/rollout/entry.ts"
import type { RolloutState } from "#core/rollout/waves.ts"
import type { previewRolloutBody } from "#wire/rest/rollouts.ts"
import { call } from "./client.ts"
import { first, from, keys, nextPage } from "./queries.ts"

export type RolloutFilter = {
  readonly profileId?: string | undefined
  readonly clusterId?: string | undefined
  readonly state?: RolloutState | undefined
}

export const rolloutsQuery = (filter: RolloutFilter, limit = 50) =>
  infiniteQueryOptions({
    queryKey: [...keys.rollouts, filter, limit],
    queryFn: ({ pageParam, signal }) =>
      call("listRollouts", { query: { ...filter, limit, ...from(pageParam) } }, signal),
    initialPageParam: first,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  })

export const rolloutQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.rollout, id],
    queryFn: ({ signal }) => call("getRollout", { params: { id } }, signal),
  })

export type RolloutClusterFilter = {
  readonly state?: EntryState | undefined
  readonly stage?: number | undefined
}

export const rolloutClustersQuery = (id: string, filter: RolloutClusterFilter) =>
  infiniteQueryOptions({
    queryKey: [...keys.rolloutClusters, id, filter],
    queryFn: ({ pageParam, signal }) =>
      call(
        "listRolloutClusters",
        { params: { id }, query: { ...filter, limit: 50, ...from(pageParam) } },
        signal,
      ),
    initialPageParam: first,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  })

export type RolloutToPreview = z.input<typeof previewRolloutBody>

export const rolloutPreviewQuery = (body: RolloutToPreview | undefined) =>
  queryOptions({
    queryKey: [...keys.rolloutPreview, body],
    queryFn: ({ signal }) => {
      if (body === undefined) throw new Error("asked without a plan")
      return call("previewRollout", { body }, signal)
    },
    enabled: body !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
    retry: false,
  })

export const freezeWindowsQuery = () =>
  infiniteQueryOptions({
    queryKey: keys.freezeWindows,
    queryFn: ({ pageParam, signal }) =>
      call("listFreezeWindows", { query: { limit: 50, ...from(pageParam) } }, signal),
    initialPageParam: first,
    getNextPageParam: nextPage,
  })
