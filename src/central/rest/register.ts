/** Every route of the table, registered with its handler: parse, ask who it is, do, answer. */
import type { FastifyReply, FastifyRequest } from "fastify"
import type { App } from "./app.ts"
import type { z } from "zod"
import type { Problem as FieldProblem } from "#core/parsed.ts"
import type { JointDatabase } from "#io/postgres/joint.ts"
import {
  type Received as WireReceived,
  type Route,
  type RouteName,
  routes,
} from "#wire/rest/routes.ts"
import type { Caller } from "../auth/access.ts"
import type { Outcome } from "../refusal.ts"
import { admit, cookieName, isForeign, isSecure, mustBeOwn, sessionOf } from "./guard.ts"
import { alsoWrong } from "./also-wrong.ts"
import type { Call, Handler, Handlers } from "./handler.ts"
import { idempotent, replayedHeader } from "./idempotency.ts"
import { fieldProblems, sendProblem } from "./problem.ts"
import { unstorable } from "./storable.ts"

export const apiPrefix = "/api/v1"

type Received = { readonly params: unknown; readonly query: unknown; readonly body: unknown }
/** A handler whose types were forgotten: the table that gave them is what parses for it. */
type AnyHandler = (received: Received, call: Call<Caller | undefined>) => Promise<Outcome<unknown>>

type Options = { readonly database: JointDatabase }

export function registerRoutes(app: App, handlers: Handlers, options: Options): void {
  for (const name of Object.keys(routes).filter(isRoute)) {
    const route: Route = routes[name]
    const handler = forget(handlers[name])
    app.route({
      method: route.method,
      url: `${apiPrefix}${route.path}`,
      handler: (request, reply) => serve({ name, route, handler }, options, request, reply),
    })
  }
}

/** The table checked each handler against its own route; what calls it has parsed by that same route. */
const forget =
  <N extends RouteName>(handler: Handler<N>): AnyHandler =>
  async (received, call) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
    handler(received as WireReceived<N>, call as Parameters<Handler<N>>[1])

const isRoute = (name: string): name is RouteName => Object.hasOwn(routes, name)

type Served = { readonly name: RouteName; readonly route: Route; readonly handler: AnyHandler }

async function serve(
  { name, route, handler }: Served,
  options: Options,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (mustBeOwn(request) && isForeign(request))
    return sendProblem(request, reply, {
      status: 403,
      code: "FOREIGN_ORIGIN",
      detail: "a page of another origin may not do this",
    })
  const caller = await admit(options.database.sql, request, route)
  if (caller.kind === "refused") return sendProblem(request, reply, caller)
  const received = parse(name, route, request)
  if (received.kind === "bad")
    return sendProblem(request, reply, {
      status: 400,
      code: "INVALID",
      detail: "some fields are not as they must be",
      problems: received.problems,
    })
  const outcome = await idempotent(options.database, route, request, () =>
    handler(received.value, {
      caller: caller.value,
      address: request.ip,
      userAgent: request.headers["user-agent"],
      requestId: request.id,
      session: sessionCookie(request, reply),
    }),
  )
  if (outcome.kind === "refused") return sendProblem(request, reply, outcome)
  void reply.code(route.status)
  if (outcome.value.replayed) void reply.header(replayedHeader, "true")
  return route.answer === undefined ? reply.send() : reply.send(outcome.value.value)
}

type Parsed =
  | { readonly kind: "ok"; readonly value: Received }
  | { readonly kind: "bad"; readonly problems: readonly FieldProblem[] }

function parse(name: RouteName, route: Route, request: FastifyRequest): Parsed {
  const problems: FieldProblem[] = []
  const read = (schema: z.ZodType | undefined, given: unknown, where: string): unknown => {
    if (schema === undefined) return undefined
    const result = schema.safeParse(given)
    if (result.success) {
      problems.push(...unstorable(result.data))
      return result.data
    }
    problems.push(...fieldProblems(result.error, where))
    return undefined
  }
  const value = {
    params: read(route.params, request.params, "path"),
    query: read(route.query?.strict(), request.query, "query"),
    body: read(route.body, request.body ?? {}, "body"),
  }
  if (problems.length > 0) problems.push(...alsoWrong(name, request.body))
  if (route.query === undefined) problems.push(...unexpected(request.query, "query"))
  if (route.body === undefined) problems.push(...unexpected(request.body, "body"))
  return problems.length === 0 ? { kind: "ok", value } : { kind: "bad", problems }
}

function unexpected(given: unknown, where: string): readonly FieldProblem[] {
  if (given === undefined || given === null) return []
  if (typeof given !== "object" || Array.isArray(given))
    return [{ field: where, problem: "this request takes none" }]
  return Object.keys(given).map((field) => ({
    field,
    problem: "is not a field of this request; leave it out",
  }))
}

function sessionCookie(request: FastifyRequest, reply: FastifyReply): Call<undefined>["session"] {
  const secure = isSecure(request)
  const attributes = { path: "/", httpOnly: true, sameSite: "strict", secure } as const
  return {
    given: sessionOf(request),
    set: (token, expires) => {
      void reply.setCookie(cookieName(secure), token, { ...attributes, expires })
    },
    clear: () => {
      void reply.clearCookie(cookieName(secure), attributes)
    },
  }
}
