/** The query client, the live connection, and what they owe each other. Made once, in main.tsx. */
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query"
import { type CallFailed, refusedStatus, worthRetrying } from "./failure.ts"
import { type Live, type LiveSocket, createLive } from "./live.ts"
import { applyLive, createRefetch } from "./live-cache.ts"
import { keys } from "./queries.ts"

declare module "@tanstack/react-query" {
  interface Register {
    defaultError: CallFailed | Error
  }
}

const freshFor = 60_000

export type Fleet = { readonly client: QueryClient; readonly live: Live }

export function createFleet(
  open: () => LiveSocket,
  settings: { retries: number } = { retries: 2 },
): Fleet {
  const client = new QueryClient({
    queryCache: new QueryCache({ onError: (error) => noteSignedOut(error) }),
    mutationCache: new MutationCache({ onError: (error) => noteSignedOut(error) }),
    defaultOptions: {
      queries: {
        // Live messages keep it fresh; this is for what they do not carry.
        staleTime: freshFor,
        retry: (failures, error) => failures < settings.retries && worthRetrying(error),
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 4000),
        // Central may be on this very machine: the browser's idea of being online does not decide.
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  })

  /** The session is over: the page asks for the password and keeps all that was typed. */
  function noteSignedOut(error: unknown): void {
    if (refusedStatus(error) !== 401) return
    if (client.getQueryData(keys.session) === undefined) return
    live.stop()
    client.setQueryData(keys.session, null)
  }

  const refetch = createRefetch(client)
  const live = createLive({
    open,
    now: () => Date.now(),
    chance: () => Math.random(),
    onMessage: (message) => applyLive(client, refetch, message),
    // What was read before the connection stood may have changed unseen in between.
    onOpen: () => void client.invalidateQueries(),
    // A browser does not say why a WebSocket was refused; REST does.
    onFail: () => void client.invalidateQueries({ queryKey: keys.session }),
  })
  return { client, live }
}

/** How old what the page shows may be at least, while no live connection stands; undefined while it does. */
export function lostSince(live: Live): number | undefined {
  const state = live.state()
  return state.kind === "reconnecting" || state.kind === "offline" ? state.lostAt : undefined
}
