/** The WebSocket `/api/v1/live`: who may listen is decided before the connection is upgraded. */
import type { FastifyReply, FastifyRequest } from "fastify"
import type { App } from "./app.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { assert } from "#core/assert.ts"
import { Outage } from "#io/outage.ts"
import { identify } from "../auth/access.ts"
import type { Audience, Guest } from "../live/audience.ts"
import { bearerOf, enter, isForeign, sessionOf } from "./guard.ts"
import { sendProblem } from "./problem.ts"
import { apiPrefix } from "./register.ts"

export function serveLive(app: App, sql: Sql, audience: Audience): void {
  const guests = new WeakMap<FastifyRequest, Guest>()
  const admit = async (
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply | undefined> => {
    // A page of another origin can open a WebSocket with our cookie; what it receives it could read.
    if (bearerOf(request) === undefined && isForeign(request))
      return sendProblem(request, reply, {
        status: 403,
        code: "FOREIGN_ORIGIN",
        detail: "a page of another origin may not listen",
      })
    const caller = await enter(sql, request)
    if (caller.kind === "refused") return sendProblem(request, reply, caller)
    if (audience.isFull)
      return sendProblem(request, reply, {
        status: 503,
        code: "TOO_MANY_LISTENERS",
        detail: "too many browsers listen already; try again later",
      })
    guests.set(request, caller.value)
    return undefined
  }
  app.route({
    method: "GET",
    url: `${apiPrefix}/live`,
    preValidation: admit,
    handler: (request, reply) =>
      sendProblem(request, reply.header("upgrade", "websocket"), {
        status: 426,
        code: "WEBSOCKET_ONLY",
        detail: "this address is a WebSocket",
      }),
    wsHandler: (socket, request) => {
      const asked = { address: request.ip, requestId: request.id }
      const credentials = { bearer: bearerOf(request), session: sessionOf(request) }
      const guest = guests.get(request)
      assert(guest !== undefined, "who listens was let in")
      audience.enter(socket, guest, async () => {
        try {
          return await identify(sql, credentials, asked)
        } catch (error) {
          // A database that is away says nothing about who may listen.
          if (error instanceof Outage) return guest
          throw error
        }
      })
    },
  })
}
