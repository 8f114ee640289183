/** The live connection for components that show how it stands. */
import { createContext, use, useSyncExternalStore } from "react"
import { present } from "#core/assert.ts"
import type { Live } from "./live.ts"
import type { LiveState } from "./live-state.ts"

export const LiveContext = createContext<Live | undefined>(undefined)

export const useLive = (): Live => present(use(LiveContext), "LiveContext is given in app.tsx")

export function useLiveState(): LiveState {
  const live = useLive()
  return useSyncExternalStore(live.subscribe, live.state)
}
