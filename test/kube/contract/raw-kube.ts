/** A Kubernetes API as bare requests and answers: the contract is about what goes over the wire. */
import assert from "node:assert/strict"
import type { IncomingMessage } from "node:http"
import { Agent, request } from "node:https"
import { createInterface } from "node:readline"
import { type KubeAccess, kubeconfigAccess } from "#io/kube/access.ts"

/** JSON as it came; tests look where they expect something to be. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

export type Answer = {
  readonly status: number
  readonly headers: IncomingMessage["headers"]
  readonly body: Json
}

export type Ask = {
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly contentType?: string
  readonly accept?: string
  /** Whom the administrator acts as. */
  readonly as?: string
}

function parsed(text: string): Json {
  const value: Json = JSON.parse(text)
  return value
}

export const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const

const answerWithinMs = 30_000
/** A safety bound: everything waited for comes in far less. */
const eventWithinMs = 60_000

export class RawKube implements Disposable {
  readonly #access: KubeAccess
  readonly #agent: Agent

  private constructor(access: KubeAccess) {
    this.#access = access
    this.#agent = new Agent({
      keepAlive: true,
      ca: access.authority,
      cert: access.clientCertificate,
      key: access.clientKey,
    })
  }

  static async open(kubeconfig: string): Promise<RawKube> {
    return new RawKube(await kubeconfigAccess(kubeconfig))
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }

  async send(method: string, path: string, ask: Ask = {}): Promise<IncomingMessage> {
    const token = await this.#access.token()
    const url = new URL(path, this.#access.server)
    for (const [name, value] of Object.entries(ask.query ?? {})) url.searchParams.set(name, value)
    const body = ask.body === undefined ? undefined : JSON.stringify(ask.body)
    return new Promise((resolve, reject) => {
      const sent = request(
        url,
        {
          method,
          agent: this.#agent,
          headers: {
            accept: ask.accept ?? "application/json",
            "user-agent": "contract/1",
            ...(ask.as === undefined ? {} : { "impersonate-user": ask.as }),
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(body === undefined
              ? {}
              : {
                  "content-type": ask.contentType ?? "application/json",
                  "content-length": Buffer.byteLength(body),
                }),
          },
        },
        resolve,
      )
      sent.setTimeout(answerWithinMs, () =>
        sent.destroy(new Error(`no answer to ${method} ${path}`)),
      )
      sent.once("error", reject)
      sent.end(body)
    })
  }

  async call(method: string, path: string, ask: Ask = {}): Promise<Answer> {
    const answer = await this.send(method, path, ask)
    let text = ""
    answer.setEncoding("utf8")
    for await (const chunk of answer) text += chunk
    const type = answer.headers["content-type"] ?? ""
    const body = type.includes("json") ? parsed(text) : text
    return { status: answer.statusCode ?? 0, headers: answer.headers, body }
  }

  /** The call must be answered with this status. */
  async must(status: number, method: string, path: string, ask: Ask = {}): Promise<Json> {
    const answer = await this.call(method, path, ask)
    assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }

  get(path: string): Promise<Json> {
    return this.must(200, "GET", path)
  }

  create(path: string, body: unknown): Promise<Json> {
    return this.must(201, "POST", path, { body })
  }

  patch(type: keyof typeof patchTypes, path: string, body: unknown, query = {}): Promise<Answer> {
    return this.call("PATCH", path, { body, query, contentType: patchTypes[type] })
  }

  async watch(path: string, query: Readonly<Record<string, string>> = {}): Promise<Watched> {
    const answer = await this.send("GET", path, { query: { watch: "true", ...query } })
    return new Watched(answer)
  }

  /** Looks after each change of the collection until `found` is; the watch is the clock. */
  async until<T>(
    path: string,
    found: (items: readonly Json[]) => T | undefined,
    query: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    const over = AbortSignal.timeout(eventWithinMs)
    for (;;) {
      const list = await this.must(200, "GET", path, { query })
      const value = found(items(list))
      if (value !== undefined) return value
      const resourceVersion = text(list, "metadata", "resourceVersion")
      using changes = await this.watch(path, { ...query, resourceVersion })
      await changes.next()
      assert.ok(
        !over.aborted,
        `${path} did not come to what was waited for: ${JSON.stringify(list)}`,
      )
    }
  }
}

export type Event = { readonly type: string; readonly object: Json }

/** The events of a watch, in order. */
export class Watched implements Disposable {
  readonly status: number
  readonly #answer: IncomingMessage
  readonly #queue: Event[] = []
  #isEnded = false
  #wake: (() => void) | undefined

  constructor(answer: IncomingMessage) {
    this.#answer = answer
    this.status = answer.statusCode ?? 0
    const lines = createInterface({ input: answer })
    lines.on("line", (line) => {
      if (line !== "") this.#queue.push(JSON.parse(line))
      this.#wake?.()
    })
    const end = (): void => {
      this.#isEnded = true
      this.#wake?.()
    }
    lines.once("close", end)
    // An end that the test itself brought about is an end like another.
    answer.on("error", end)
    lines.on("error", end)
  }

  [Symbol.dispose](): void {
    this.#answer.destroy()
  }

  /** The next event; undefined when the server ended the watch. */
  async next(): Promise<Event | undefined> {
    const over = AbortSignal.timeout(eventWithinMs)
    for (;;) {
      const event = this.#queue.shift()
      if (event !== undefined) return event
      if (this.#isEnded) return undefined
      assert.ok(!over.aborted, "an event was waited for and did not come")
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        over.addEventListener("abort", () => resolve(), { once: true })
      })
    }
  }

  /** The next event of the type about the object; others are passed over. */
  async find(type: string, name: string): Promise<Json> {
    for (;;) {
      const event = await this.next()
      assert.ok(event !== undefined, `the watch ended before ${type} of ${name}`)
      if (event.type === type && text(event.object, "metadata", "name") === name)
        return event.object
    }
  }
}

export function at(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): Json | undefined {
  let here = value
  for (const key of path) {
    if (typeof here !== "object" || here === null) return undefined
    here = Array.isArray(here) ? here[Number(key)] : here[String(key)]
  }
  return here
}

/** The text at the path, which must be there. */
export function text(value: Json | undefined, ...path: readonly (string | number)[]): string {
  const found = at(value, ...path)
  assert.ok(typeof found === "string", `${path.join(".")} of ${JSON.stringify(value)}`)
  return found
}

export function list(
  value: Json | undefined,
  ...path: readonly (string | number)[]
): readonly Json[] {
  const found = at(value, ...path)
  return Array.isArray(found) ? found : []
}

export const items = (value: Json): readonly Json[] => list(value, "items")
export const nameOf = (value: Json): string => text(value, "metadata", "name")
export const versionOf = (value: Json): string => text(value, "metadata", "resourceVersion")
export const uidOf = (value: Json): string => text(value, "metadata", "uid")

/** A copy of the object with fields laid over it, one level deep. */
export const withFields = (value: Json, fields: { [key: string]: Json }): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? { ...value, ...fields }
    : fields
