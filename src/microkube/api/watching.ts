/** Watches: a line of JSON for each change, from a known revision on. */
import type { ServerResponse } from "node:http"

import { badRequest, expired } from "../api-error.ts"
import { type JsonObject } from "../json.ts"
import { type KubeObject } from "../object.ts"
import { apiVersionOf } from "../resources.ts"
import type { Change, Store } from "../store/store.ts"
import { type Exchange, header } from "./exchange.ts"
import { type Selection, checkRevision, isSelected, readSelection, selected } from "./listing.ts"
import type { ResourceRequest } from "./route.ts"
import { metadataOnly, readIncluded, table, wantsMetadata, wantsTable } from "./table.ts"

const bookmarkEveryMs = 60_000
const longestSeconds = 3_600
const shortestSeconds = 1_800
/** A client that does not read this much is cut off; it comes back with the revision it has. */
const unreadBytesMax = 16 * 1024 * 1024

type EventType = "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR"

/** The JSON of an object that many watches send, made once. */
const texts = new WeakMap<KubeObject, string>()

function textOf(object: KubeObject): string {
  const found = texts.get(object)
  if (found !== undefined) return found
  const made = JSON.stringify(object)
  texts.set(object, made)
  return made
}

/** Whether changes may reach this client now; a cut client is sent them when it is mended. */
export type Passes = () => boolean

export class Watch {
  readonly #exchange: Exchange
  readonly #selection: Selection
  readonly #request: ResourceRequest
  readonly #now: () => number
  readonly #passes: Passes
  readonly #held: string[] = []
  #hasHead = true
  #timers: NodeJS.Timeout[] = []

  constructor(exchange: Exchange, request: ResourceRequest, now: () => number, passes: Passes) {
    this.#exchange = exchange
    this.#request = request
    this.#selection = readSelection(request)
    this.#now = now
    this.#passes = passes
  }

  start(store: Store): void {
    const query = this.#request.query
    const revision = checkRevision(query.get("resourceVersion"))
    const timeout = Number(query.get("timeoutSeconds") ?? "0")
    if (!Number.isFinite(timeout) || timeout < 0)
      throw badRequest("timeoutSeconds: expected a number")
    const isFromNow = revision === undefined || revision === 0
    const isWithInitial = query.get("sendInitialEvents") === "true"
    const missed = isFromNow || isWithInitial ? [] : store.since(this.#selection.of.id, revision)
    const { response } = this.#exchange
    response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache" })
    response.flushHeaders()
    if (missed === undefined) {
      const oldest = `too old resource version: ${revision} (${store.revision})`
      this.#send("ERROR", JSON.stringify(expired(oldest).status()))
      response.end()
      return
    }
    if (isFromNow || isWithInitial) {
      for (const object of selected(store, this.#selection)) this.#tell("ADDED", object)
      if (isWithInitial) this.#bookmark(store.revision, true)
    }
    for (const change of missed) this.#change(change)
    this.#follow(store, timeout, response)
  }

  #follow(store: Store, timeoutSeconds: number, response: ServerResponse): void {
    const stop = store.subscribe(this.#selection.of.id, (change) => {
      this.#change(change)
    })
    const wantsBookmarks = this.#request.query.get("allowWatchBookmarks") === "true"
    const lasts =
      timeoutSeconds > 0
        ? Math.min(timeoutSeconds, longestSeconds)
        : shortestSeconds + Math.random() * (longestSeconds - shortestSeconds)
    this.#timers = [
      setTimeout(() => {
        if (wantsBookmarks) this.#bookmark(store.revision, false)
        response.end()
      }, lasts * 1000),
      ...(wantsBookmarks
        ? [
            setInterval(() => {
              this.#bookmark(store.revision, false)
            }, bookmarkEveryMs),
          ]
        : []),
    ]
    response.once("close", () => {
      stop()
      for (const timer of this.#timers) clearInterval(timer)
    })
  }

  /** A change as this selection sees it: an object may enter or leave it by changing. */
  #change({ type, object, previous }: Change): void {
    const is = type !== "DELETED" && isSelected(this.#selection, object)
    const was = previous !== undefined && isSelected(this.#selection, previous)
    if (is) this.#tell(was ? "MODIFIED" : "ADDED", object)
    else if (was) this.#tell("DELETED", object)
  }

  #tell(type: EventType, object: KubeObject): void {
    const accept = header(this.#exchange, "accept")
    if (wantsTable(accept)) {
      const included = readIncluded(this.#request.query.get("includeObject"))
      const rows = table(this.#selection.of, [object], {}, included, this.#now(), this.#hasHead)
      this.#hasHead = false
      this.#send(type, JSON.stringify(rows))
    } else if (wantsMetadata(accept)) this.#send(type, JSON.stringify(metadataOnly(object)))
    else this.#send(type, textOf(object))
  }

  #bookmark(revision: number, isInitialEnd: boolean): void {
    const object: JsonObject = {
      kind: this.#selection.of.kind,
      apiVersion: apiVersionOf(this.#selection.of),
      metadata: {
        resourceVersion: String(revision),
        creationTimestamp: null,
        ...(isInitialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {}),
      },
    }
    this.#send("BOOKMARK", JSON.stringify(object))
  }

  #send(type: EventType, object: string): void {
    const line = `{"type":"${type}","object":${object}}\n`
    if (!this.#passes()) {
      this.#held.push(line)
      if (this.#held.length > 10_000) this.#exchange.response.destroy()
      return
    }
    const { response } = this.#exchange
    if (response.destroyed || response.writableEnded) return
    for (const held of this.#held.splice(0)) response.write(held)
    response.write(line)
    if (response.writableLength > unreadBytesMax) response.destroy()
  }

  /** Sends what was held back while the client was cut off. */
  mended(): void {
    if (!this.#passes()) return
    for (const held of this.#held.splice(0)) this.#exchange.response.write(held)
  }
}
