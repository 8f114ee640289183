/** Every question the pages ask central, by key. The live connection writes under the same keys. */
import { auditExportPath, type auditMediaTypes } from "#wire/rest/audit.ts"
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query"
import { clusterBelongs, satelliteBelongs } from "../domain/match.ts"
import { searchWords } from "../domain/search-words.ts"
import type {
  ClusterFilter,
  EventFilter,
  OperationFilter,
  SatelliteFilter,
} from "../domain/types.ts"
import { call } from "./client.ts"
import { refusedStatus } from "./failure.ts"
import {
  newestCluster,
  newestClusters,
  newestEvents,
  newestSatellite,
  newestSatellites,
  now,
} from "./told.ts"
import { toldOperations, toldRoleChanges } from "./told-history.ts"

/** The first elements of the keys; the rest is the filter or the id. */
export const keys = {
  session: ["session"],
  overview: ["overview"],
  satellites: ["satellites", "list"],
  satellite: ["satellites", "one"],
  allSatellites: ["satellites", "all"],
  clusters: ["clusters", "list"],
  cluster: ["clusters", "one"],
  events: ["events"],
  operations: ["operations"],
  allOperations: ["all-operations"],
  roleChanges: ["role-changes"],
  databases: ["databases"],
  profiles: ["profiles", "list"],
  profile: ["profiles", "one"],
  profileVersions: ["profiles", "versions"],
  profileVersion: ["profiles", "version"],
  profileDiff: ["profiles", "diff"],
  profileCascade: ["profiles", "cascade"],
  profileImpact: ["profiles", "impact"],
  profileCheck: ["profile-check"],
  parameters: ["parameters"],
  rules: ["rules", "list"],
  rule: ["rules", "one"],
  rulePreview: ["rule-preview"],
  rollouts: ["rollouts", "list"],
  rollout: ["rollouts", "one"],
  rolloutClusters: ["rollouts", "clusters"],
  rolloutPreview: ["rollout-preview"],
  freezeWindows: ["freeze-windows"],
  tokens: ["tokens"],
  people: ["people"],
  sessions: ["sessions"],
  audit: ["audit"],
  auditWords: ["audit-words"],
  signInOptions: ["sign-in-options"],
} as const

const pageSize = 50
const historyPage = 10
export const first: { cursor: string | undefined } = { cursor: undefined }
export const nextPage = (last: { readonly nextCursor: string | null }) =>
  last.nextCursor === null ? undefined : { cursor: last.nextCursor }
export const from = ({ cursor }: { readonly cursor: string | undefined }) =>
  cursor === undefined ? {} : { cursor }

/** Who is signed in; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: keys.session,
  queryFn: async ({ signal }) => {
    try {
      return await call("session", {}, signal)
    } catch (error) {
      if (refusedStatus(error) === 401) return null
      throw error
    }
  },
  staleTime: Infinity,
  gcTime: Infinity,
})

export const overviewQuery = queryOptions({
  queryKey: keys.overview,
  queryFn: ({ signal }) => call("overview", {}, signal),
})

export const satellitesQuery = (filter: SatelliteFilter, limit = pageSize) =>
  infiniteQueryOptions({
    queryKey: [...keys.satellites, filter, limit],
    queryFn: async ({ pageParam, signal }) => {
      const began = now()
      const { search, ...rest } = filter
      const query = { ...rest, ...searchWords(search), limit, ...from(pageParam) }
      const page = await call("listSatellites", { query }, signal)
      return newestSatellites(began, page, (each) => satelliteBelongs(filter, each))
    },
    initialPageParam: first,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  })

export const satelliteQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.satellite, id],
    queryFn: async ({ signal }) => {
      const began = now()
      return newestSatellite(began, await call("getSatellite", { params: { id } }, signal))
    },
  })

export const clustersQuery = (filter: ClusterFilter, limit = pageSize) =>
  infiniteQueryOptions({
    queryKey: [...keys.clusters, filter, limit],
    queryFn: async ({ pageParam, signal }) => {
      const began = now()
      const { search, ...rest } = filter
      const query = { ...rest, ...searchWords(search), limit, ...from(pageParam) }
      const page = await call("listClusters", { query }, signal)
      return newestClusters(began, page, (each) => clusterBelongs(filter, each))
    },
    initialPageParam: first,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  })

export const clusterQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.cluster, id],
    queryFn: async ({ signal }) => {
      const began = now()
      return newestCluster(began, await call("getCluster", { params: { id } }, signal))
    },
  })

export const eventsQuery = (filter: EventFilter, limit = pageSize) =>
  infiniteQueryOptions({
    queryKey: [...keys.events, filter, limit],
    queryFn: async ({ pageParam, signal }) => {
      const began = now()
      const page = await call(
        "listEvents",
        { query: { ...filter, limit, ...from(pageParam) } },
        signal,
      )
      return pageParam.cursor === undefined ? newestEvents(began, page, filter) : page
    },
    initialPageParam: first,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  })

/** Every time that the cluster got a primary, newest first. */
export const roleChangesQuery = (clusterId: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.roleChanges, clusterId],
    queryFn: async ({ pageParam, signal }) => {
      const began = now()
      const page = await call(
        "listRoleChanges",
        { params: { id: clusterId }, query: { limit: historyPage, ...from(pageParam) } },
        signal,
      )
      return pageParam.cursor === undefined ? toldRoleChanges.newest(began, page, clusterId) : page
    },
    initialPageParam: first,
    getNextPageParam: nextPage,
  })

/** Databases of a cluster, by name. */
export const databasesQuery = (clusterId: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.databases, clusterId],
    queryFn: ({ pageParam, signal }) =>
      call(
        "listDatabases",
        { params: { id: clusterId }, query: { limit: pageSize, ...from(pageParam) } },
        signal,
      ),
    initialPageParam: first,
    getNextPageParam: nextPage,
  })

/** What was asked to be done to the cluster, newest first. */
export const operationsQuery = (clusterId: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.operations, clusterId],
    queryFn: async ({ pageParam, signal }) => {
      const began = now()
      const page = await call(
        "listOperations",
        { query: { cluster: clusterId, limit: historyPage, ...from(pageParam) } },
        signal,
      )
      return pageParam.cursor === undefined ? toldOperations.newest(began, page, clusterId) : page
    },
    initialPageParam: first,
    getNextPageParam: nextPage,
  })

/** What was asked to be done anywhere, newest first. */
export const allOperationsQuery = (filter: OperationFilter) =>
  infiniteQueryOptions({
    queryKey: [...keys.allOperations, filter],
    queryFn: ({ pageParam, signal }) =>
      call("listOperations", { query: { ...filter, limit: pageSize, ...from(pageParam) } }, signal),
    initialPageParam: first,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  })

export const profilesQuery = queryOptions({
  queryKey: keys.profiles,
  queryFn: ({ signal }) => every((query) => call("listProfiles", { query }, signal)),
})

export const profileQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.profile, id],
    queryFn: ({ signal }) => call("getProfile", { params: { id } }, signal),
  })

export const rulesQuery = queryOptions({
  queryKey: keys.rules,
  queryFn: ({ signal }) => every((query) => call("listRules", { query }, signal)),
})

export const ruleQuery = (id: string) =>
  queryOptions({
    queryKey: [...keys.rule, id],
    queryFn: ({ signal }) => call("getRule", { params: { id } }, signal),
  })

export const tokensQuery = queryOptions({
  queryKey: keys.tokens,
  queryFn: ({ signal }) => every((query) => call("listTokens", { query }, signal)),
})

export const peopleQuery = queryOptions({
  queryKey: keys.people,
  queryFn: ({ signal }) => every((query) => call("listPeople", { query }, signal)),
})

/** Where the person who looks is signed in. */
export const sessionsQuery = queryOptions({
  queryKey: keys.sessions,
  queryFn: ({ signal }) => every((query) => call("listSessions", { query }, signal)),
})

export const signInOptionsQuery = queryOptions({
  queryKey: keys.signInOptions,
  queryFn: ({ signal }) => call("signInOptions", {}, signal),
})

export const auditWordsQuery = queryOptions({
  queryKey: keys.auditWords,
  queryFn: ({ signal }) => call("auditWords", {}, signal),
})

export type AuditSearch = {
  readonly actor?: string | undefined
  readonly action?: string | undefined
  readonly resource?: string | undefined
  readonly range?: string | undefined
}

const days: Readonly<Record<string, number>> = { day: 1, week: 7, month: 30 }

const sinceOf = (range: string | undefined): { readonly since?: string } => {
  const back = days[range ?? ""]
  return back === undefined ? {} : { since: new Date(Date.now() - back * 86_400_000).toISOString() }
}

export function auditExportUrl(
  { range, ...words }: AuditSearch,
  format: keyof typeof auditMediaTypes,
): string {
  const given = Object.entries({ ...words, ...sinceOf(range), format })
  const search = new URLSearchParams(
    given.flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
  return `/api/v1${auditExportPath}?${search.toString()}`
}

export const auditQuery = ({ range, ...words }: AuditSearch) =>
  infiniteQueryOptions({
    queryKey: [...keys.audit, words, range],
    queryFn: ({ pageParam, signal }) => {
      const query = { ...words, ...sinceOf(range), limit: pageSize, ...from(pageParam) }
      return call("listAudit", { query }, signal)
    },
    initialPageParam: first,
    getNextPageParam: nextPage,
  })

/** For the preview of a rule: every satellite, within a bound. */
export const allSatellitesQuery = queryOptions({
  queryKey: keys.allSatellites,
  queryFn: ({ signal }) => every((query) => call("listSatellites", { query }, signal)),
})

const mostPages = 10

/** A short list read whole, page by page. `more` is true where the bound cut it off. */
export async function every<T>(
  page: (query: {
    readonly limit: number
    readonly cursor?: string
  }) => Promise<{ readonly items: readonly T[]; readonly nextCursor: string | null }>,
): Promise<{ readonly items: readonly T[]; readonly more: boolean }> {
  const items: T[] = []
  let cursor: string | null = null
  for (let read = 0; read < mostPages; read += 1) {
    const answer = await page({ limit: 200, ...(cursor === null ? {} : { cursor }) })
    items.push(...answer.items)
    cursor = answer.nextCursor
    if (cursor === null) return { items, more: false }
  }
  return { items, more: true }
}
