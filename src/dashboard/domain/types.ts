/** Names for shapes that the route table describes and does not name. */
import type { Answer, Sent } from "#wire/rest/routes.ts"
import type { satelliteStates } from "#wire/rest/satellites.ts"

export type SatelliteState = (typeof satelliteStates)[number]
export type Token = Answer<"listTokens">["items"][number]

type Filled<T> = T extends undefined ? never : T
/** The filters of a list: its query without the paging. */
export type SatelliteFilter = Omit<Filled<Sent<"listSatellites">["query"]>, "limit" | "cursor">
export type ClusterFilter = Omit<Filled<Sent<"listClusters">["query"]>, "limit" | "cursor">
export type EventFilter = Omit<Filled<Sent<"listEvents">["query"]>, "limit" | "cursor">
export type OperationFilter = Omit<Filled<Sent<"listOperations">["query"]>, "limit" | "cursor">

export type Page<T> = { readonly items: readonly T[]; readonly nextCursor: string | null }
