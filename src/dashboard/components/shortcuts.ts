/** Keys that work anywhere outside a field: `/` and Ctrl K find, `g` and a letter go. */
import { useNavigate } from "@tanstack/react-router"
import { useEffect, useEffectEvent } from "react"
import { places } from "./places.ts"

const together = 1200

export function useShortcuts(find: () => void): void {
  const navigate = useNavigate()
  const onKey = useEffectEvent((event: KeyboardEvent, since: number | undefined): boolean => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault()
      find()
      return false
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || dialogOpen()) {
      return false
    }
    if (event.key === "/") {
      event.preventDefault()
      find()
      return false
    }
    if (since !== undefined && event.timeStamp - since < together) {
      const place = places.find((each) => each.key === event.key)
      if (place !== undefined) void navigate({ to: place.to })
      return false
    }
    return event.key === "g"
  })
  useEffect(() => {
    let since: number | undefined
    const listen = (event: KeyboardEvent): void => {
      since = onKey(event, since) ? event.timeStamp : undefined
    }
    document.addEventListener("keydown", listen)
    return () => document.removeEventListener("keydown", listen)
  }, [])
}

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest("input, textarea, select, [contenteditable]") !== null

const dialogOpen = (): boolean =>
  document.querySelector("[role=dialog], [role=alertdialog]") !== null
