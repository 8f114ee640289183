/**
 * The HTTPS server of the API: who asks, may they, what do they ask, answer. Faults are met first,
 * so that a client cut from the API sees what it would see of a broken network.
 */
import { type IncomingMessage, type ServerResponse } from "node:http"
import { type Server, createServer } from "node:https"
import type { Duplex } from "node:stream"
import { setTimeout as sleep } from "node:timers/promises"

import {
  ApiError,
  badRequest,
  forbidden,
  internal,
  methodNotAllowed,
  noSuchPath,
  unauthorized,
} from "../api-error.ts"
import type { Objects } from "../objects.ts"
import { type Accounts, type User, impersonated } from "./accounts.ts"
import { discovery } from "./discovery.ts"
import type { Inside } from "../runtime/exec.ts"
import { ExecServer } from "./exec.ts"
import { type Exchange, answer, header } from "./exchange.ts"
import type { Caller, Gate } from "./gate.ts"
import { answerList } from "./listing.ts"
import { openApiDocument, openApiIndex, openApiV2 } from "./openapi.ts"
import { answerReview, answerToken } from "./reviews.ts"
import { checkGrant } from "./grants.ts"
import { type Rights, mayReadPath, refusal } from "./rights.ts"
import { type ResourceRequest, nameAsked, readRoute } from "./route.ts"
import { scaleOf } from "./scale.ts"
import { shaped } from "./table.ts"
import { Watch } from "./watching.ts"
import { create, evict, patch, remove, removeAll, update } from "./writing.ts"

/** A part of the API that another file answers; says whether it did. */
export type Extension = (exchange: Exchange) => Promise<boolean>

export type ApiOptions = {
  readonly host: string
  readonly port: number
  readonly key: string
  readonly certificate: string
  readonly objects: Objects
  readonly accounts: Accounts
  readonly rights: Rights
  readonly gate: Gate
  /** Answers `pods/NAME/log`. */
  readonly logs: (exchange: Exchange, request: ResourceRequest) => Promise<void>
  /** Paths of the administrator alone, tried before the rest. */
  readonly admin: Extension
  /** The command of an `exec`, as it is started inside its container. */
  readonly inside: (request: ResourceRequest) => Inside
  readonly onBug: (error: unknown) => void
}

export class ApiServer {
  readonly #options: ApiOptions
  readonly #server: Server
  readonly #sockets = new Set<Duplex>()
  readonly #exec = new ExecServer()
  #port = 0

  constructor(options: ApiOptions) {
    this.#options = options
    this.#server = createServer(
      { key: options.key, cert: options.certificate, keepAliveTimeout: 90_000 },
      (request, response) => void this.#serve(request, response),
    )
    this.#server.on("connection", (socket) => {
      this.#sockets.add(socket)
      socket.once("close", () => this.#sockets.delete(socket))
      // A client that goes away mid-answer is no concern of ours.
      socket.on("error", () => socket.destroy())
    })
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      this.#upgrade(request, socket, head)
    })
    this.#server.on("tlsClientError", (_error, socket) => socket.destroy())
  }

  async listen(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<undefined>()
    this.#server.once("error", reject)
    this.#server.listen(this.#options.port, this.#options.host, () => {
      resolve(undefined)
    })
    await promise
    const address = this.#server.address()
    this.#port = typeof address === "object" && address !== null ? address.port : 0
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `https://${this.#options.host}:${this.#port}`
  }

  /** `exec` is the one call that leaves HTTP behind. */
  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const refuse = (error: ApiError): void => {
      const body = `${JSON.stringify(error.status())}\n`
      const head = `HTTP/1.1 ${error.code} ${error.reason}\r\nconnection: close\r\ncontent-type: application/json`
      socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
    }
    const { accounts, rights, gate, inside } = this.#options
    const url = readUrl(request.url, this.url)
    const user = accounts.userOf(request.headers.authorization)
    if (url === undefined || user === undefined) {
      refuse(unauthorized())
      return
    }
    const caller = { user, userAgent: request.headers["user-agent"] ?? "" }
    if (gate.treat(caller).kind !== "pass") {
      socket.destroy()
      return
    }
    try {
      const asked = readRoute(request.method ?? "GET", url)
      if (asked.kind === "path" || asked.of.id !== "pods" || asked.subresource !== "exec") {
        throw noSuchPath()
      }
      const { of, namespace, name } = asked
      const attempt = { verb: asked.verb, group: of.group, resource: "pods/exec", namespace, name }
      if (!rights.allows(user, attempt)) throw forbidden(of, name ?? "", refusal(user, attempt))
      const command = inside(asked)
      if (request.headers.upgrade?.toLowerCase() !== "websocket") {
        throw badRequest("microkube speaks exec over WebSockets: use kubectl 1.30 or newer")
      }
      this.#exec.serve(request, socket, head, command)
    } catch (error) {
      if (!(error instanceof ApiError)) this.#options.onBug(error)
      refuse(error instanceof ApiError ? error : internal(String(error)))
    }
  }

  async close(): Promise<void> {
    this.#exec.close()
    const { promise, resolve } = Promise.withResolvers<undefined>()
    this.#server.close(() => {
      resolve(undefined)
    })
    for (const socket of this.#sockets) socket.destroy()
    await promise
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", () => response.destroy())
    const url = readUrl(request.url, this.url)
    if (url === undefined) {
      response.writeHead(400, { "content-type": "text/plain" }).end("the address is not readable\n")
      return
    }
    const user = actingAs(this.#options.accounts.userOf(request.headers.authorization), request)
    const nobody = { name: "system:anonymous", groups: [], pod: undefined, uid: undefined }
    const acting = user ?? nobody
    const exchange: Exchange = {
      request,
      response,
      url,
      user: acting,
      warnings: [],
      checkGrant: (of, object, before) =>
        checkGrant(this.#options.rights, acting, of, object, before),
    }
    try {
      const caller = { user: exchange.user, userAgent: header(exchange, "user-agent") ?? "" }
      if (!url.pathname.startsWith("/microkube/") && !(await this.#admit(caller, exchange))) return
      if (user === undefined && !isOpen(url.pathname)) throw unauthorized()
      await this.#route(exchange, caller)
    } catch (error) {
      if (error instanceof ApiError) answer(exchange, error.code, error.status())
      else if (!request.destroyed) {
        this.#options.onBug(error)
        answer(exchange, 500, internal(String(error)).status())
      }
    }
  }

  /** Whether the request goes on; a fault may answer it, hold it or end it. */
  async #admit(caller: Caller, exchange: Exchange): Promise<boolean> {
    const treatment = this.#options.gate.treat(caller)
    const { request, response } = exchange
    switch (treatment.kind) {
      case "pass":
        return true
      case "drop":
        // Read and forget: the client waits until its own patience ends.
        request.resume()
        return false
      case "refuse":
        request.socket.destroy()
        return false
      case "slow":
        await sleep(treatment.delayMs)
        return !response.destroyed
      case "error":
        request.resume()
        throw new ApiError(treatment.code, "InternalError", "microkube: a fault was asked for")
    }
  }

  async #route(exchange: Exchange, caller: Caller): Promise<void> {
    const method = exchange.request.method ?? "GET"
    if (exchange.url.pathname.startsWith("/microkube/")) {
      if (!exchange.user.groups.includes("system:masters")) {
        throw new ApiError(403, "Forbidden", "only the administrator's token may do this")
      }
      if (await this.#options.admin(exchange)) return
      throw noSuchPath()
    }
    const asked = readRoute(method, exchange.url)
    if (asked.kind === "path") {
      await this.#path(exchange, asked.path)
      return
    }
    this.#authorize(exchange, asked)
    await this.#object(exchange, asked, caller)
  }

  #authorize(exchange: Exchange, request: ResourceRequest): void {
    const { of, subresource, namespace } = request
    const attempt = {
      verb: request.verb,
      group: of.group,
      resource: subresource === undefined ? of.plural : `${of.plural}/${subresource}`,
      namespace: of.id === "namespaces" ? request.name : namespace,
      name: nameAsked(request),
    }
    if (this.#options.rights.allows(exchange.user, attempt)) return
    throw forbidden(of, request.name ?? "", refusal(exchange.user, attempt))
  }

  async #path(exchange: Exchange, path: string): Promise<void> {
    if (await answerReview(exchange, this.#options.accounts, this.#options.rights)) return
    if (exchange.request.method !== "GET") throw noSuchPath()
    if (["/healthz", "/livez", "/readyz"].includes(path)) {
      exchange.response.writeHead(200, { "content-type": "text/plain" }).end("ok")
      return
    }
    if (!mayReadPath(path)) throw noSuchPath()
    if (path === "/openapi/v2") {
      const type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
      exchange.response.writeHead(200, { "content-type": type }).end(openApiV2())
      return
    }
    const address = `${this.#options.host}:${this.#port}`
    const document =
      path === "/openapi/v3" ? openApiIndex() : (openApiDocument(path) ?? discovery(path, address))
    if (document === undefined) throw noSuchPath()
    answer(exchange, 200, document)
  }

  async #object(exchange: Exchange, request: ResourceRequest, caller: Caller): Promise<void> {
    const { objects, gate, logs, accounts } = this.#options
    const { of, namespace = "", name = "", subresource } = request
    if (of.isNamespaced && request.namespace === undefined && request.verb === "create") {
      throw methodNotAllowed()
    }
    if (of.id === "pods" && subresource === "log") {
      await logs(exchange, request)
      return
    }
    if (request.verb === "create" && subresource !== undefined) {
      if (of.id === "pods" && subresource === "eviction") await evict(exchange, request, objects)
      else if (of.id === "serviceaccounts" && subresource === "token") {
        await answerToken(exchange, request, objects, accounts)
      } else throw noSuchPath()
      return
    }
    switch (request.verb) {
      case "get":
        this.#answerObject(exchange, request, 200, this.#read(request, namespace, name))
        return
      case "list":
        answerList(exchange, request, objects.store, objects.now())
        return
      case "watch": {
        const watch = new Watch(
          exchange,
          request,
          () => objects.now(),
          () => passes(gate, caller),
        )
        watch.start(objects.store)
        const stop = gate.onChange(() => {
          if (gate.treat(caller).kind === "refuse") exchange.response.destroy()
          else watch.mended()
        })
        exchange.response.once("close", stop)
        return
      }
      case "create":
        this.#answerWrite(exchange, request, await create(exchange, request, objects))
        return
      case "update":
        this.#answerWrite(exchange, request, await update(exchange, request, objects))
        return
      case "patch":
        this.#answerWrite(exchange, request, await patch(exchange, request, objects))
        return
      case "delete":
        this.#answerWrite(exchange, request, await remove(exchange, request, objects))
        return
      case "deletecollection":
        await removeAll(exchange, request, objects)
    }
  }

  #read(request: ResourceRequest, namespace: string, name: string): ReturnType<Objects["get"]> {
    const object = this.#options.objects.get(request.of, namespace, name)
    if (request.subresource === undefined) return object
    if (request.subresource === "status" && request.of.hasStatus) return object
    if (request.subresource === "scale" && request.of.hasScale) return scaleOf(object)
    throw noSuchPath()
  }

  #answerWrite(
    exchange: Exchange,
    request: ResourceRequest,
    done: { readonly code: number; readonly object: ReturnType<Objects["get"]> },
  ): void {
    this.#answerObject(exchange, request, done.code, done.object)
  }

  #answerObject(
    exchange: Exchange,
    request: ResourceRequest,
    code: number,
    object: ReturnType<Objects["get"]>,
  ): void {
    const isOwnKind = object["kind"] === request.of.kind
    const included = request.query.get("includeObject")
    const accept = header(exchange, "accept")
    const now = this.#options.objects.now()
    answer(exchange, code, isOwnKind ? shaped(request.of, object, accept, included, now) : object)
  }
}

/** Who the request is made as: only the administrator may be somebody else. */
function actingAs(user: User | undefined, request: IncomingMessage): User | undefined {
  const name = request.headers["impersonate-user"]
  if (name === undefined || user === undefined) return user
  if (typeof name !== "string" || !user.groups.includes("system:masters")) return undefined
  const groups = request.headers["impersonate-group"] ?? []
  return impersonated(name, Array.isArray(groups) ? groups : groups.split(", "))
}

/** Undefined for what is no address at all. */
function readUrl(text: string | undefined, base: string): URL | undefined {
  return URL.canParse(text ?? "/", base) ? new URL(text ?? "/", base) : undefined
}

const isOpen = (path: string): boolean =>
  ["/healthz", "/livez", "/readyz", "/version"].includes(path)

const passes = (gate: Gate, caller: Caller): boolean => gate.treat(caller).kind !== "drop"
