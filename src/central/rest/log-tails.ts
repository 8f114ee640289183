/** WebSockets over which a log is followed: who may is decided before the connection is upgraded, the rest is told over it. */
import type { FastifyReply, FastifyRequest } from "fastify"
import type { WebSocket } from "ws"
import * as z from "zod"
import { assert } from "#core/assert.ts"
import { may } from "#core/access/may.ts"
import { Outage } from "#io/outage.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { memberTailQuery, tailNeeds, tailQuery } from "#wire/log-tail-live.ts"
import { type Caller, identify } from "../auth/access.ts"
import type { TailWish } from "../intent/log-tails.ts"
import type { TailDesk } from "../log-tails/desk.ts"
import type { App } from "./app.ts"
import { bearerOf, enter, isForeign, sessionOf } from "./guard.ts"
import { sendProblem } from "./problem.ts"
import { apiPrefix } from "./register.ts"

type Asked = { readonly caller: Caller; readonly wish: TailWish }

const satelliteParams = z.object({ id: z.uuid() })
const memberParams = z.object({ id: z.uuid(), pod: z.string().min(1).max(63) })

const ofSatellite = (request: FastifyRequest): TailWish => {
  const { id } = satelliteParams.parse(request.params)
  const { lines, level, text } = tailQuery.parse(request.query)
  return { of: { kind: "satellite", id }, lines, filter: { level, text } }
}

const ofMember = (request: FastifyRequest): TailWish => {
  const { id, pod } = memberParams.parse(request.params)
  const { container, lines, level, text } = memberTailQuery.parse(request.query)
  return {
    of: { kind: "member", clusterId: id, pod, container },
    lines,
    filter: { level, text },
  }
}

export function serveLogTails(app: App, sql: Sql, desk: TailDesk): void {
  serve(app, sql, desk, `${apiPrefix}/satellites/:id/log`, ofSatellite)
  serve(app, sql, desk, `${apiPrefix}/clusters/:id/members/:pod/log`, ofMember)
}

function serve(
  app: App,
  sql: Sql,
  desk: TailDesk,
  url: string,
  wishOf: (request: FastifyRequest) => TailWish,
): void {
  const asked = new WeakMap<FastifyRequest, Asked>()
  const admit = async (
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply | undefined> => {
    // A page of another origin can open a WebSocket with our cookie; what it receives it could read.
    if (bearerOf(request) === undefined && isForeign(request))
      return sendProblem(request, reply, {
        status: 403,
        code: "FOREIGN_ORIGIN",
        detail: "a page of another origin may not follow a log",
      })
    const caller = await enter(sql, request)
    if (caller.kind === "refused") return sendProblem(request, reply, caller)
    const verdict = may(caller.value, tailNeeds)
    if (verdict.kind === "may-not")
      return sendProblem(request, reply, { status: 403, code: verdict.code, detail: verdict.why })
    try {
      asked.set(request, { caller: caller.value, wish: wishOf(request) })
    } catch (error) {
      if (!(error instanceof z.ZodError)) throw error
      return sendProblem(request, reply, {
        status: 400,
        code: "INVALID",
        detail: "some fields are not as they must be",
        problems: error.issues.map(({ path, message }) => ({
          field: path.join("."),
          problem: message,
        })),
      })
    }
    return undefined
  }
  app.route({
    method: "GET",
    url,
    preValidation: admit,
    handler: (request, reply) =>
      sendProblem(request, reply.header("upgrade", "websocket"), {
        status: 426,
        code: "WEBSOCKET_ONLY",
        detail: "this address is a WebSocket",
      }),
    wsHandler: (socket: WebSocket, request: FastifyRequest) => {
      const found = asked.get(request)
      assert(found !== undefined, "who follows was let in")
      const credentials = { bearer: bearerOf(request), session: sessionOf(request) }
      const about = { address: request.ip, requestId: request.id }
      void desk.open(
        socket,
        found.caller,
        async () => {
          try {
            return await identify(sql, credentials, about)
          } catch (error) {
            // A database that is away says nothing about who may listen.
            if (error instanceof Outage) return found.caller
            throw error
          }
        },
        found.wish,
      )
    },
  })
}
