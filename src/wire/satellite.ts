/** The stream between a satellite and central: its service, its bounds, and what both directions need to be read. */
import type { Parsed } from "#core/parsed.ts"

export { SatelliteService } from "./gen/pgswarm/v1/satellite_pb.ts"
export type { CentralMessage, SatelliteMessage } from "./gen/pgswarm/v1/satellite_pb.ts"

/** Metadata that carries the satellite's id beside its bearer token. */
export const satelliteIdHeader = "x-pg-swarm-satellite"
/** Most events in one batch; more are refused, so a sender cuts its backlog into pieces. */
export const eventBatchMax = 200
/** Most clusters on one satellite. */
export const clustersMax = 1000
/** Largest message of the stream, in bytes, either way. */
export const satelliteMessageMax = 4 * 1024 * 1024

export const unknownMessage: Parsed<never> = {
  kind: "bad",
  problems: [{ field: "message", problem: "nothing is set that this version knows" }],
}

export const mapped = <T, U>(parsed: Parsed<T>, map: (value: T) => U): Parsed<U> =>
  parsed.kind === "bad" ? parsed : { kind: "ok", value: map(parsed.value) }
