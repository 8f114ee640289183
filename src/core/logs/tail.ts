/**
 * Following a log live: what is asked for, what comes, and the bounds of both. A tail is for somebody who
 * watches: it is never stored for later, and what does not fit on its way is left out and counted.
 */
import type { ClusterId, PodName, TailId } from "#core/ids.ts"
import { seconds } from "#core/units.ts"

/** Containers of a member that are worth following: its sidecar, and PostgreSQL with its supervisor. */
export const tailContainers = ["failover", "postgres"] as const
export type TailContainer = (typeof tailContainers)[number]

export type TailSource =
  | { readonly kind: "satellite" }
  | {
      readonly kind: "member"
      readonly clusterId: ClusterId
      readonly pod: PodName
      readonly container: TailContainer
    }

/** From the least to the most severe. */
export const lineLevels = ["debug", "info", "warn", "error"] as const
export type LineLevel = (typeof lineLevels)[number]

export type TailFilter = {
  /** Only lines of this level and above; undefined: all. */
  readonly level: LineLevel | undefined
  /** Only lines with this text in them, in upper or lower case; undefined: all. */
  readonly text: string | undefined
}

export type TailOrder = {
  readonly tail: TailId
  readonly source: TailSource
  /** Lines of the past to begin with, counted before the filter. */
  readonly lines: number
  readonly filter: TailFilter
  /** It ends by itself after so long. */
  readonly seconds: number
}

export type TailLine = {
  /** Milliseconds since 1970 by the site's clock; undefined where the source does not say. */
  readonly at: number | undefined
  readonly level: LineLevel
  readonly text: string
  /** The rest of the line was left out. */
  readonly isCut: boolean
}

/** Why a site ends a tail. */
export const tailEnds = [
  "stopped",
  "time-is-up",
  "too-many",
  "gone",
  "forbidden",
  "failed",
] as const
export type TailEnd = (typeof tailEnds)[number]

export type TailStanding =
  | { readonly kind: "following" }
  /** Nothing to read at the moment; it goes on by itself. */
  | { readonly kind: "waiting"; readonly why: string }
  | { readonly kind: "ended"; readonly end: TailEnd; readonly why: string }

/** What a site sends: lines in order, and how it stands. An empty one shows that it is still there. */
export type TailBatch = {
  readonly tail: TailId
  /** Rises by one with each batch of a tail; the first is 1. */
  readonly sequence: number
  /** Lines that were left out just before these. */
  readonly dropped: number
  readonly lines: readonly TailLine[]
  readonly standing: TailStanding
}

export const tailBounds = {
  /** Tails at once, of one site. */
  perSatellite: 4,
  /** Watchers at once, of one central. */
  perCentral: 50,
  secondsMax: 1800,
  startLinesMax: 1000,
  filterTextMax: 200,
  /** Characters of one line; the rest is left out. */
  lineMax: 2000,
  /** One batch holds so much at most: on a slow line a heartbeat waits for no more than that. */
  batchLines: 100,
  batchCharacters: 16_384,
  /** Lines and characters that wait at the site. Older ones make room for newer ones. */
  waitingLines: 500,
  waitingCharacters: 131_072,
  /** A batch is sent so often at most. */
  every: seconds(0.2),
  /** A tail with nothing to say shows so often that it lives. */
  pulseEvery: seconds(10),
} as const

export const isAtLeast = (level: LineLevel, least: LineLevel | undefined): boolean =>
  least === undefined || lineLevels.indexOf(level) >= lineLevels.indexOf(least)
