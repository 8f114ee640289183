/**
 * The truth about the live connection as a pure machine: what is known, since when, and when it is tried
 * again. The socket (live.ts) only performs what stands here.
 */
import { backoff } from "#core/backoff.ts"
import { seconds } from "#core/units.ts"

/** Central pulses every 15 s; two missed and some grace is a dead connection. */
export const pulsePatience = 35_000
/** After this long without a connection the page says offline and no longer promises a moment. */
export const offlineAfter = 30_000
const bounds = { first: seconds(1), longest: seconds(30) }

export type LiveState =
  | { readonly kind: "idle" }
  | { readonly kind: "connecting"; readonly since: number }
  | { readonly kind: "live"; readonly since: number; readonly heardAt: number }
  | {
      readonly kind: "reconnecting" | "offline"
      /** The last moment at which what is shown was known to be true. */
      readonly lostAt: number
      readonly attempt: number
      /** When the next try begins; undefined while one is under way. */
      readonly retryAt: number | undefined
    }

export type LiveEvent =
  | { readonly kind: "start" }
  | { readonly kind: "stop" }
  | { readonly kind: "heard" }
  | { readonly kind: "closed" }
  | { readonly kind: "trying" }
  /** The browser says that the network is back: try at once. */
  | { readonly kind: "network-back" }
  | { readonly kind: "tick" }

/** The next state. `chance` in [0, 1) spreads the reconnects of many browsers. */
export function next(state: LiveState, event: LiveEvent, now: number, chance: number): LiveState {
  switch (event.kind) {
    case "start":
      return state.kind === "idle" ? { kind: "connecting", since: now } : state
    case "stop":
      return { kind: "idle" }
    case "heard":
      if (state.kind === "idle") return state
      return { kind: "live", since: state.kind === "live" ? state.since : now, heardAt: now }
    case "closed":
      return closed(state, now, chance)
    case "trying":
      return state.kind === "reconnecting" || state.kind === "offline"
        ? { ...state, retryAt: undefined }
        : state
    case "network-back":
      return (state.kind === "reconnecting" || state.kind === "offline") &&
        state.retryAt !== undefined
        ? { ...state, retryAt: now }
        : state
    case "tick":
      return state.kind === "reconnecting" && now - state.lostAt >= offlineAfter
        ? { ...state, kind: "offline" }
        : state
  }
}

function closed(state: LiveState, now: number, chance: number): LiveState {
  switch (state.kind) {
    case "idle":
      return state
    case "connecting":
      return {
        kind: "reconnecting",
        lostAt: state.since,
        attempt: 1,
        retryAt: wait(now, 0, chance),
      }
    case "live":
      return {
        kind: "reconnecting",
        lostAt: state.heardAt,
        attempt: 1,
        retryAt: wait(now, 0, chance),
      }
    case "reconnecting":
    case "offline":
      return {
        ...state,
        attempt: state.attempt + 1,
        retryAt: wait(now, state.attempt, chance),
      }
  }
}

const wait = (now: number, attempt: number, chance: number): number =>
  now + backoff(attempt, chance, bounds)

/** Whether a live connection that was last heard from at `heardAt` must be given up. */
export const isDead = (state: LiveState, now: number): boolean =>
  state.kind === "live" && now - state.heardAt > pulsePatience
