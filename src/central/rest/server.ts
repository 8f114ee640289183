/** The HTTP port: REST, the WebSocket, health, metrics and the dashboard's files. */
import cookie from "@fastify/cookie"
import websocket from "@fastify/websocket"
import fastify, { type FastifyReply, type FastifyRequest } from "fastify"
import { randomUUID } from "node:crypto"
import { Server as HttpsServer } from "node:https"
import type { AddressInfo } from "node:net"
import { assert } from "#core/assert.ts"
import type { HostPort } from "#io/config.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import type { JointDatabase } from "#io/postgres/joint.ts"
import { type Database, SqlError } from "#io/postgres/sql.ts"
import { routes } from "#wire/rest/routes.ts"
import type { ProviderConfig } from "../auth/provider-config.ts"
import { Provider } from "../auth/provider.ts"
import type { SignIn } from "../auth/sign-in.ts"
import type { Audience } from "../live/audience.ts"
import type { TailDesk } from "../log-tails/desk.ts"
import type { Metrics } from "../metrics.ts"
import type { SecretBox } from "../secrets/secret-box.ts"
import type { Tls } from "../tls/tls.ts"
import type { App } from "./app.ts"
import { accessHandlers } from "./access.ts"
import { fleetHandlers } from "./fleet.ts"
import { serveDashboard } from "./dashboard.ts"
import { serveLive } from "./live.ts"
import { openApiText } from "./openapi.ts"
import { admit } from "./guard.ts"
import { databaseHandlers } from "./databases.ts"
import { serveProvider } from "./sign-in-provider.ts"
import { sendProblem } from "./problem.ts"
import { authorityHandlers, serveAuthority } from "./authority.ts"
import { peopleHandlers } from "./people.ts"
import { operationHandlers } from "./operations.ts"
import { parameterHandlers } from "./parameters.ts"
import { profileHandlers } from "./profiles.ts"
import { rolloutHandlers } from "./rollouts.ts"
import { apiPrefix, registerRoutes } from "./register.ts"
import { satelliteIdentityHandlers } from "./satellite-identity.ts"
import { serveAuditExport } from "./audit-export.ts"
import { cascadeHandlers } from "./cascade.ts"
import { logLevelHandlers } from "./log-levels.ts"
import { serveLogTails } from "./log-tails.ts"
import { imageHandlers } from "./images.ts"
import { ruleSetHandlers } from "./rule-sets.ts"
import { storageHandlers } from "./storage.ts"

export type RestOptions = {
  readonly listen: HostPort
  readonly tls: Tls | undefined
  readonly dashboardDir: string | undefined
  readonly database: JointDatabase
  readonly signIn: SignIn
  readonly provider?: ProviderConfig | undefined
  /** Ranges of addresses whose word on where a request is from, and by which scheme, is taken. */
  readonly trustedProxies?: readonly string[] | undefined
  readonly secrets: SecretBox
  readonly audience: Audience
  readonly tails: TailDesk
  readonly metrics: Metrics
  readonly log: Log
}

export interface RestServer extends AsyncDisposable {
  readonly address: HostPort
}

const bodyMax = 1024 * 1024
const connectionsMax = 2000

export async function openRestServer(options: RestOptions): Promise<RestServer> {
  const app = application(options)
  app.decorate("servesTls", options.tls !== undefined)
  await app.register(cookie)
  await app.register(websocket, { options: { maxPayload: 1024 } })
  answerErrors(app, options.log)
  onlyJson(app)
  addHeaders(app, options)
  const { database, signIn, secrets, audience, metrics, tls } = options
  const services = { database, signIn, secrets, provider: options.provider }
  registerRoutes(
    app,
    {
      ...accessHandlers(services),
      ...peopleHandlers(services),
      ...fleetHandlers(services),
      ...operationHandlers(services),
      ...databaseHandlers(services),
      ...profileHandlers(services),
      ...rolloutHandlers(services),
      ...parameterHandlers(services),
      ...storageHandlers(services),
      ...authorityHandlers(tls),
      ...satelliteIdentityHandlers(services),
      ...ruleSetHandlers(services),
      ...imageHandlers(services),
      ...cascadeHandlers(services),
      ...logLevelHandlers(services),
    },
    { database },
  )
  serveProvider(
    app,
    options.provider === undefined
      ? undefined
      : new Provider(options.provider, database, options.log),
  )
  serveHealth(app, database)
  serveMetrics(app, database, metrics)
  serveAuditExport(app, database)
  serveAuthority(app, tls)
  serveLive(app, database.sql, audience)
  serveLogTails(app, database.sql, options.tails)
  app.get(`${apiPrefix}/openapi.json`, (_, reply) =>
    reply.type("application/json; charset=utf-8").send(openApiText()),
  )
  await serveDashboard(app, options.dashboardDir, apiNotFound)
  tls?.onChange(({ certificate, key }) => {
    if (app.server instanceof HttpsServer) app.server.setSecureContext({ cert: certificate, key })
  })
  await app.listen({ host: options.listen.host, port: options.listen.port })
  app.server.maxConnections = connectionsMax
  const address: AddressInfo | string | null = app.server.address()
  assert(typeof address === "object" && address !== null, "a TCP server has an address")
  return {
    address: { host: options.listen.host, port: address.port },
    [Symbol.asyncDispose]: async () => app.close(),
  }
}

function application({ tls, metrics, trustedProxies = [] }: RestOptions): App {
  const common = {
    logger: false,
    bodyLimit: bodyMax,
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000,
    forceCloseConnections: true,
    return503OnClosing: true,
    trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies],
    routerOptions: { maxParamLength: 200 },
    genReqId: ({ headers }: { headers: Record<string, string | string[] | undefined> }) => {
      const given = headers["x-request-id"]
      return typeof given === "string" && /^[A-Za-z0-9._-]{1,64}$/.test(given)
        ? given
        : randomUUID()
    },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(
        request,
        reply,
        refusalOf(error) ?? { status: 400, code: "INVALID", detail: "this is no address" },
      ),
  } as const
  const app: App = fastify({
    ...common,
    https: tls === undefined ? null : { cert: tls.served.certificate, key: tls.served.key },
  })
  app.addHook("onResponse", (request, reply, done) => {
    metrics.answered(
      request.method,
      request.routeOptions.url ?? "other",
      reply.statusCode,
      reply.elapsedTime,
    )
    done()
  })
  return app
}

/** Bodies are JSON or absent; an empty one counts as absent. */
function onlyJson(app: App): void {
  const json = app.getDefaultJsonParser("error", "error")
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    ["application/json"],
    { parseAs: "string" },
    (request, body: string, done) => {
      if (body === "") done(null, undefined)
      else void json(request, body, done)
    },
  )
}

function addHeaders(app: App, { tls }: RestOptions): void {
  app.addHook("onRequest", (request, reply, done) => {
    void reply.headers({
      "x-request-id": request.id,
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
      "cache-control": "no-store",
    })
    // Not with an authority that browsers do not know: they would refuse a person who chooses to trust it.
    if (tls?.isPrivate === false)
      void reply.header("strict-transport-security", "max-age=31536000; includeSubDomains")
    done()
  })
}

function answerErrors(app: App, log: Log): void {
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof Outage) {
      log.warn("rest.unavailable", { request: request.id, url: request.url, why: error.message })
      return sendProblem(request, reply, {
        status: 503,
        code: "DATABASE_UNAVAILABLE",
        detail: "central cannot reach its database at the moment; try again",
      })
    }
    // Values that no schema foresaw and the database refused: the request's fault, still worth a look.
    if (error instanceof SqlError && error.code.startsWith("22")) {
      log.warn("rest.out-of-range", { request: request.id, url: request.routeOptions.url, error })
      return sendProblem(request, reply, {
        status: 400,
        code: "INVALID",
        detail: "a value is out of the range that can be kept",
      })
    }
    const known = refusalOf(error)
    if (known !== undefined) return sendProblem(request, reply, known)
    log.error("rest.failed", {
      request: request.id,
      method: request.method,
      url: request.routeOptions.url,
      error,
    })
    return sendProblem(request, reply, {
      status: 500,
      code: "FAILED",
      detail: "central failed; its log says why under this request id",
    })
  })
}

/** What Fastify refuses before a route sees it, in our words. */
function refusalOf(error: unknown) {
  if (!(error instanceof Error)) return undefined
  const code = "code" in error && typeof error.code === "string" ? error.code : ""
  const status = "statusCode" in error ? Number(error.statusCode) : 500
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE")
    return { status: 413, code: "TOO_LARGE", detail: `a body holds at most ${bodyMax} bytes` }
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE")
    return {
      status: 415,
      code: "NOT_JSON",
      detail: "send the body as JSON, with `Content-Type: application/json`",
    }
  if (status >= 400 && status < 500)
    return {
      status,
      code: "INVALID",
      detail: error.message,
      problems: [{ field: "body", problem: error.message }],
    }
  return undefined
}

function serveHealth(app: App, database: Database): void {
  app.get("/healthz", (_, reply) => reply.send({ status: "ok" }))
  app.get("/readyz", async (request, reply) => {
    // Migrations ran before this port was opened, so what is left to ask is whether the database answers.
    try {
      await database.sql`select 1`
      return await reply.send({ status: "ready" })
    } catch (error) {
      if (!(error instanceof Outage)) throw error
      return sendProblem(request, reply, {
        status: 503,
        code: "DATABASE_UNAVAILABLE",
        detail: "the database does not answer",
      })
    }
  })
}

/** Figures say much about a fleet: they want a token like everything else (Prometheus can send one). */
function serveMetrics(app: App, database: Database, metrics: Metrics): void {
  app.get("/metrics", async (request, reply) => {
    const caller = await admit(database.sql, request, { access: "viewer", reach: "fleet" })
    if (caller.kind === "refused") return sendProblem(request, reply, caller)
    return reply.type(metrics.contentType).send(await metrics.text())
  })
}

const patterns = Object.values(routes).map(({ method, path }) => ({
  method,
  pattern: new RegExp(`^${apiPrefix}${path.replaceAll(/:\w+/g, "[^/]+")}/?$`),
}))

/** 405 where the path is known with other methods, else 404. */
function apiNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split("?", 1)[0] ?? ""
  const allowed = patterns.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method)
  if (allowed.length === 0 || allowed.some((method) => method === request.method))
    return sendProblem(request, reply, {
      status: 404,
      code: "NOT_FOUND",
      detail: "there is nothing at this address",
    })
  const allow = [...new Set(allowed)].join(", ")
  return sendProblem(request, reply.header("allow", allow), {
    status: 405,
    code: "METHOD_NOT_ALLOWED",
    detail: `this address answers ${allow}`,
  })
}
