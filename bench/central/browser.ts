/** A browser's WebSocket, which notes how old each event of the bench is when it arrives. */
import { once } from "node:events"
import WebSocket from "ws"
import { liveMessageSchema } from "#wire/live.ts"
import { benchEvent } from "./orders.ts"

export interface Browser extends Disposable {
  /** Milliseconds from the site's putting it into its outbox to the browser's having it; taken out by reading. */
  readonly taken: () => readonly number[]
}

export async function openBrowser(url: string, token: string): Promise<Browser> {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}/api/v1/live`, {
    headers: { authorization: `Bearer ${token}` },
  })
  let ages: number[] = []
  socket.on("message", (data: Buffer) => {
    const now = Date.now()
    const message = liveMessageSchema.parse(JSON.parse(data.toString("utf8")))
    if (message.kind !== "events") return
    for (const { kind, at } of message.events)
      if (kind === benchEvent) ages.push(now - Date.parse(at))
  })
  await once(socket, "open", { signal: AbortSignal.timeout(10_000) })
  return {
    taken: () => {
      const all = ages
      ages = []
      return all
    },
    [Symbol.dispose]: () => socket.terminate(),
  }
}
