/** Light, dark, or as the system says; remembered in this browser. public/theme.js sets it before paint. */
import { useSyncExternalStore } from "react"

export const themes = ["system", "light", "dark"] as const
export type Theme = (typeof themes)[number]

const key = "pg-swarm.theme"
const listeners = new Set<() => void>()

export function theme(): Theme {
  const set = document.documentElement.dataset["theme"]
  return set === "light" || set === "dark" ? set : "system"
}

export function setTheme(wanted: Theme): void {
  try {
    if (wanted === "system") localStorage.removeItem(key)
    else localStorage.setItem(key, wanted)
  } catch {
    // Storage is switched off: it holds until the page is closed.
  }
  if (wanted === "system") delete document.documentElement.dataset["theme"]
  else document.documentElement.dataset["theme"] = wanted
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useTheme = (): Theme => useSyncExternalStore(subscribe, theme)
