/**
 * A Kubernetes API over Node's own HTTP client: JSON in, JSON out, each call with a deadline and a
 * bound. Objects pass as they are; nothing is reshaped by a model, so that what server-side apply sends
 * is exactly what was built.
 */
import { type IncomingMessage, Agent as HttpAgent, request as httpRequest } from "node:http"
import { Agent as HttpsAgent, request as httpsRequest } from "node:https"
import { type Millis, mebibytes, seconds } from "#core/units.ts"
import type { KubeAccess } from "./access.ts"
import { KubeError } from "./kube-error.ts"
import type { Kind } from "./kinds.ts"
import { apiPath } from "./kinds.ts"

/** An object as the server gave it. Only its metadata is known; readers parse the rest. */
export type Live = {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid: string
    readonly resourceVersion: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly finalizers?: readonly string[]
    readonly deletionTimestamp?: string
    readonly creationTimestamp?: string
    readonly generation?: number
  }
  readonly [field: string]: unknown
}

export type Listed = { readonly items: readonly Live[]; readonly resourceVersion: string }

type Query = Readonly<Record<string, string | undefined>>

export type KubeRequest = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly path: string
  readonly query?: Query
  readonly body?: unknown
  readonly contentType?: string
  readonly within?: Millis
}

/** What is sent; only what an address needs is known here. */
export type Body = {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly [field: string]: unknown
  }
  readonly [field: string]: unknown
}

const answerWithin = seconds(15)
const answerMax = mebibytes(64)
const pageSize = 500

export class KubeApi implements Disposable {
  readonly #access: KubeAccess
  readonly #agent: HttpAgent | HttpsAgent

  constructor(access: KubeAccess) {
    this.#access = access
    const sockets = { keepAlive: true, keepAliveMsecs: 10_000, maxSockets: 256 }
    this.#agent =
      access.server.protocol === "http:"
        ? new HttpAgent(sockets)
        : new HttpsAgent({
            ...sockets,
            ...(access.authority === undefined ? {} : { ca: access.authority }),
            ...(access.clientCertificate === undefined ? {} : { cert: access.clientCertificate }),
            ...(access.clientKey === undefined ? {} : { key: access.clientKey }),
            rejectUnauthorized: access.verifyServer,
          })
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }

  /** One call; throws a KubeError for every answer that is not 2xx, and when none comes in time. */
  async call(request: KubeRequest, signal: AbortSignal): Promise<unknown> {
    const late = new AbortController()
    const limit = AbortSignal.any([signal, late.signal])
    const within = request.within ?? answerWithin
    // Its own timer, which ends with the call: those of AbortSignal.timeout all ring, long after they are needed.
    const timer = setTimeout(
      () => late.abort(new DOMException(`no answer within ${within} ms`, "TimeoutError")),
      within,
    )
    try {
      const answer = await this.open(request, limit)
      const text = await textOf(answer, limit)
      return text === "" ? undefined : parsed(text, request.path)
    } finally {
      clearTimeout(timer)
    }
  }

  /** Sends a request and gives the answer's body as it comes, for watches and logs. */
  async open(request: KubeRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const answer = await this.#send(request, signal)
    const status = answer.statusCode ?? 0
    if (status >= 200 && status < 300) return answer
    throw refusal(status, request, await textOf(answer, signal).catch(() => ""))
  }

  async #send(request: KubeRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const token = await this.#access.token()
    const body = request.body === undefined ? undefined : JSON.stringify(request.body)
    const url = new URL(request.path, this.#access.server)
    for (const [name, value] of Object.entries(request.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, value)
    const options = {
      method: request.method,
      agent: this.#agent,
      signal,
      headers: {
        accept: "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined
          ? {}
          : {
              "content-type": request.contentType ?? "application/json",
              "content-length": Buffer.byteLength(body),
            }),
      },
    }
    return new Promise((resolve, reject) => {
      const send = url.protocol === "http:" ? httpRequest : httpsRequest
      const sent = send(url, options, resolve)
      sent.once("error", (cause) => reject(unreachable(request, signal, cause)))
      sent.end(body)
    })
  }

  async get(
    kind: Kind,
    namespace: string | undefined,
    name: string,
    signal: AbortSignal,
  ): Promise<Live | undefined> {
    try {
      return live(await this.call({ method: "GET", path: apiPath(kind, namespace, name) }, signal))
    } catch (failure) {
      if (failure instanceof KubeError && failure.status === 404) return undefined
      throw failure
    }
  }

  /** All of a collection, in pages. */
  async list(
    kind: Kind,
    namespace: string | undefined,
    selector: { readonly labels?: string; readonly fields?: string },
    signal: AbortSignal,
  ): Promise<Listed> {
    const items: Live[] = []
    let next: string | undefined
    for (;;) {
      const page = listOf(
        await this.call(
          {
            method: "GET",
            path: apiPath(kind, namespace),
            query: {
              labelSelector: selector.labels,
              fieldSelector: selector.fields,
              limit: String(pageSize),
              continue: next,
            },
          },
          signal,
        ),
      )
      items.push(...page.items)
      if (page.next === undefined) return { items, resourceVersion: page.resourceVersion }
      next = page.next
    }
  }

  async create(kind: Kind, body: Body, fieldManager: string, signal: AbortSignal): Promise<Live> {
    const path = apiPath(kind, body.metadata.namespace)
    return live(await this.call({ method: "POST", path, body, query: { fieldManager } }, signal))
  }

  /** Server-side apply, taking over the fields that `body` names. */
  async apply(kind: Kind, body: Body, fieldManager: string, signal: AbortSignal): Promise<Live> {
    return live(
      await this.call(
        {
          method: "PATCH",
          path: apiPath(kind, body.metadata.namespace, body.metadata.name),
          query: { fieldManager, force: "true" },
          // JSON is YAML, and the only form that needs no writer.
          contentType: "application/apply-patch+yaml",
          body,
        },
        signal,
      ),
    )
  }

  /** Replaces an object; the `resourceVersion` in it makes this a compare-and-set. */
  async replace(kind: Kind, body: Body, fieldManager: string, signal: AbortSignal): Promise<Live> {
    const path = apiPath(kind, body.metadata.namespace, body.metadata.name)
    return live(await this.call({ method: "PUT", path, body, query: { fieldManager } }, signal))
  }

  async mergePatch(
    kind: Kind,
    body: Body,
    patch: unknown,
    fieldManager: string,
    signal: AbortSignal,
  ): Promise<Live> {
    return live(
      await this.call(
        {
          method: "PATCH",
          path: apiPath(kind, body.metadata.namespace, body.metadata.name),
          query: { fieldManager },
          contentType: "application/merge-patch+json",
          body: patch,
        },
        signal,
      ),
    )
  }

  /** Deletes the object with this `uid` and no other; gone already is fine. */
  async delete(
    kind: Kind,
    object: Live,
    propagation: "Background" | "Foreground" | "Orphan",
    signal: AbortSignal,
  ): Promise<void> {
    try {
      await this.call(
        {
          method: "DELETE",
          path: apiPath(kind, object.metadata.namespace, object.metadata.name),
          body: {
            apiVersion: "v1",
            kind: "DeleteOptions",
            propagationPolicy: propagation,
            preconditions: { uid: object.metadata.uid },
          },
        },
        signal,
      )
    } catch (failure) {
      // 409: the name belongs to another object by now, which nobody asked to delete.
      if (failure instanceof KubeError && (failure.status === 404 || failure.status === 409)) return
      throw failure
    }
  }
}

async function textOf(answer: IncomingMessage, signal: AbortSignal): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const part of answer) {
      if (!Buffer.isBuffer(part)) continue
      size += part.length
      if (size > answerMax)
        throw new KubeError(undefined, "TooLarge", `an answer of more than ${answerMax} bytes`)
      parts.push(part)
    }
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof KubeError) throw cause
    throw new KubeError(undefined, "Broken", "the answer of the Kubernetes API broke off", {
      cause,
    })
  }
  return Buffer.concat(parts).toString("utf8")
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new KubeError(undefined, "NotJson", `the answer to ${path} is no JSON`, { cause })
  }
}

function unreachable(request: KubeRequest, signal: AbortSignal, cause: Error): Error {
  const why: unknown = signal.aborted ? signal.reason : undefined
  // A caller that stopped hears its own reason; a deadline is an outage like any other.
  if (why instanceof Error && why.name !== "TimeoutError") return why
  return new KubeError(
    undefined,
    "Unreachable",
    `${request.method} ${request.path}: ${why instanceof Error ? "no answer in time" : cause.message}`,
    { cause },
  )
}

function refusal(status: number, request: KubeRequest, text: string): KubeError {
  let reason = "Unknown"
  let message = text.slice(0, 500)
  try {
    const body: unknown = JSON.parse(text)
    if (isRecord(body)) {
      if (typeof body["reason"] === "string") reason = body["reason"]
      if (typeof body["message"] === "string") message = body["message"]
    }
  } catch {
    // Not a Status object: the text itself is the message.
  }
  return new KubeError(status, reason, `${request.method} ${request.path}: ${status} ${message}`)
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const textOr = (value: unknown, otherwise: string): string =>
  typeof value === "string" ? value : otherwise

const isLive = (value: unknown): value is Live =>
  isRecord(value) && isRecord(value["metadata"]) && typeof value["metadata"]["name"] === "string"

/** The object, without the book-keeping of field managers, which is larger than the rest. */
export function live(value: unknown): Live {
  if (!isLive(value))
    throw new KubeError(undefined, "NotAnObject", "the Kubernetes API answered without an object")
  const metadata = { ...value.metadata, managedFields: undefined }
  return { ...value, metadata }
}

function listOf(value: unknown): {
  readonly items: readonly Live[]
  readonly resourceVersion: string
  readonly next: string | undefined
} {
  const metadata = isRecord(value) ? value["metadata"] : undefined
  const items = isRecord(value) ? value["items"] : undefined
  if (!isRecord(metadata) || !(Array.isArray(items) || items === null || items === undefined))
    throw new KubeError(undefined, "NotAList", "the Kubernetes API answered without a list")
  const next = metadata["continue"]
  return {
    items: (items ?? []).map(live),
    resourceVersion: textOr(metadata["resourceVersion"], ""),
    next: typeof next === "string" && next !== "" ? next : undefined,
  }
}
