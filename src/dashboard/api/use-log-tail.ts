/** Follows a log over a WebSocket of its own for as long as the component that asks for it is there. */
import { useEffect, useState } from "react"
import type { LineLevel, TailContainer } from "#core/logs/tail.ts"
import { tailMessageSchema } from "#wire/log-tail-live.ts"
import { heard, type LogFeed, newFeed, socketClosed } from "../domain/log-feed.ts"

export type LogSource =
  | { readonly kind: "satellite"; readonly id: string }
  | {
      readonly kind: "member"
      readonly clusterId: string
      readonly pod: string
      readonly container: TailContainer
    }

const pathOf = (source: LogSource, level: LineLevel | undefined): string => {
  const query = new URLSearchParams(level === undefined ? {} : { level })
  if (source.kind === "satellite") return `/satellites/${source.id}/log?${query.toString()}`
  query.set("container", source.container)
  return `/clusters/${source.clusterId}/members/${encodeURIComponent(source.pod)}/log?${query.toString()}`
}

/** The feed, begun anew with each other source, level or `attempt`. */
export function useLogTail(
  source: LogSource,
  level: LineLevel | undefined,
  attempt: number,
): LogFeed {
  const path = pathOf(source, level)
  const wanted = `${attempt} ${path}`
  const [state, setState] = useState({ wanted, feed: newFeed })
  // What came of another source is not shown for this one, not even until the next message.
  if (state.wanted !== wanted) setState({ wanted, feed: newFeed })
  useEffect(() => {
    const scheme = location.protocol === "https:" ? "wss" : "ws"
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1${path}`)
    let isMine = true
    const change = (next: (feed: LogFeed) => LogFeed): void => {
      if (isMine)
        setState((now) => (now.wanted === wanted ? { wanted, feed: next(now.feed) } : now))
    }
    socket.addEventListener("message", ({ data }) => {
      const message = read(data)
      if (message !== undefined) change((feed) => heard(feed, message))
    })
    socket.addEventListener("close", ({ code }) => change((feed) => socketClosed(feed, code)))
    return () => {
      isMine = false
      socket.close()
    }
  }, [path, wanted])
  return state.wanted === wanted ? state.feed : newFeed
}

/** Undefined for what a newer central may say and this page does not know. */
function read(data: unknown) {
  if (typeof data !== "string") return undefined
  try {
    return tailMessageSchema.safeParse(JSON.parse(data)).data
  } catch {
    return undefined
  }
}
