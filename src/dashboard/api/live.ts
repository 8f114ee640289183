/** The WebSocket of the live connection. It tells what it hears and how it stands; it decides nothing. */
import { type LiveMessage, liveMessageSchema } from "#wire/live.ts"
import { type LiveEvent, type LiveState, isDead, next } from "./live-state.ts"

/** A first message that does not come within this time is a failed try. */
const helloPatience = 10_000

/** The part of a WebSocket that is used here. */
export type LiveSocket = Pick<EventTarget, "addEventListener"> & Pick<WebSocket, "close">

export type LivePorts = {
  readonly open: () => LiveSocket
  readonly now: () => number
  readonly chance: () => number
  /** Every message, in order. */
  readonly onMessage: (message: LiveMessage) => void
  /** A connection stands: `again` when an earlier one was lost, so that something may have been missed. */
  readonly onOpen: (again: boolean) => void
  /** A try failed: perhaps the session is over. */
  readonly onFail: () => void
}

export type Live = {
  readonly start: () => void
  readonly stop: () => void
  readonly state: () => LiveState
  readonly subscribe: (listener: () => void) => () => void
}

export function createLive(ports: LivePorts): Live {
  const listeners = new Set<() => void>()
  let state: LiveState = { kind: "idle" }
  let socket: LiveSocket | undefined
  let openedAt = 0
  let ticker: ReturnType<typeof setInterval> | undefined
  let stoodBefore = false

  const tell = (event: LiveEvent): void => {
    const after = next(state, event, ports.now(), ports.chance())
    if (after === state) return
    state = after
    for (const listener of listeners) listener()
  }

  const drop = (): void => {
    const old = socket
    socket = undefined
    old?.close()
  }

  const connect = (): void => {
    drop()
    tell({ kind: "trying" })
    openedAt = ports.now()
    const mine = ports.open()
    socket = mine
    mine.addEventListener("message", (event) => {
      if (socket === mine && event instanceof MessageEvent) hear(event.data)
    })
    mine.addEventListener("close", () => {
      if (socket === mine) lose()
    })
  }

  const lose = (): void => {
    drop()
    tell({ kind: "closed" })
    ports.onFail()
  }

  const hear = (data: unknown): void => {
    const message = read(data)
    if (message === undefined) return lose()
    const before = state.kind
    tell({ kind: "heard" })
    ports.onMessage(message)
    if (before !== "live") {
      ports.onOpen(stoodBefore)
      stoodBefore = true
    }
  }

  const tick = (): void => {
    const now = ports.now()
    tell({ kind: "tick" })
    switch (state.kind) {
      case "idle":
        return
      case "live":
        if (isDead(state, now)) lose()
        return
      case "connecting":
        if (now - openedAt > helloPatience) lose()
        return
      case "reconnecting":
      case "offline":
        if (state.retryAt === undefined) {
          if (now - openedAt > helloPatience) lose()
        } else if (now >= state.retryAt) connect()
    }
  }

  const networkBack = (): void => {
    tell({ kind: "network-back" })
    tick()
  }

  return {
    start: () => {
      if (state.kind !== "idle") return
      tell({ kind: "start" })
      ticker = setInterval(tick, 500)
      globalThis.addEventListener("online", networkBack)
      globalThis.addEventListener("offline", lose)
      connect()
    },
    stop: () => {
      clearInterval(ticker)
      globalThis.removeEventListener("online", networkBack)
      globalThis.removeEventListener("offline", lose)
      stoodBefore = false
      tell({ kind: "stop" })
      drop()
    },
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

/** The message, or undefined for anything that is not one: then the connection is given up. */
function read(data: unknown): LiveMessage | undefined {
  if (typeof data !== "string") return undefined
  try {
    return liveMessageSchema.safeParse(JSON.parse(data)).data
  } catch {
    // Not JSON: same as a message of no known kind.
    return undefined
  }
}
