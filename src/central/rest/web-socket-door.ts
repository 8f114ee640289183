/** The door of every WebSocket: who may pass is decided before the connection is upgraded, and is asked again while it is open. */
import type { FastifyReply, FastifyRequest } from "fastify"
import type { WebSocket } from "ws"
import { assert } from "#core/assert.ts"
import { Outage } from "#io/outage.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { type Caller, identify } from "../auth/access.ts"
import type { Outcome } from "../refusal.ts"
import type { App } from "./app.ts"
import { bearerOf, enter, isForeign, sessionOf } from "./guard.ts"
import { sendProblem } from "./problem.ts"
import { apiPrefix } from "./register.ts"

export type WebSocketDoor<Wish> = {
  /** Below the API's prefix. */
  readonly path: string
  /** What one does here, for who may not: `listen`. */
  readonly doing: string
  /** What this caller wants, or why not. */
  readonly wishOf: (request: FastifyRequest, caller: Caller) => Outcome<Wish>
  /** `now`: who it is now; undefined when the session or token is not good any more. */
  readonly open: (
    socket: WebSocket,
    guest: { readonly caller: Caller; readonly wish: Wish },
    now: () => Promise<Caller | undefined>,
  ) => void
}

export function serveWebSocket<Wish>(
  app: App,
  sql: Sql,
  { path, doing, wishOf, open }: WebSocketDoor<Wish>,
): void {
  const admitted = new WeakMap<FastifyRequest, { readonly caller: Caller; readonly wish: Wish }>()
  const admit = async (
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply | undefined> => {
    // A page of another origin can open a WebSocket with our cookie; what it receives it could read.
    if (bearerOf(request) === undefined && isForeign(request))
      return sendProblem(request, reply, {
        status: 403,
        code: "FOREIGN_ORIGIN",
        detail: `a page of another origin may not ${doing}`,
      })
    const caller = await enter(sql, request)
    if (caller.kind === "refused") return sendProblem(request, reply, caller)
    const wish = wishOf(request, caller.value)
    if (wish.kind === "refused") return sendProblem(request, reply, wish)
    admitted.set(request, { caller: caller.value, wish: wish.value })
    return undefined
  }
  app.route({
    method: "GET",
    url: `${apiPrefix}${path}`,
    preValidation: admit,
    handler: (request, reply) =>
      sendProblem(request, reply.header("upgrade", "websocket"), {
        status: 426,
        code: "WEBSOCKET_ONLY",
        detail: "this address is a WebSocket",
      }),
    wsHandler: (socket: WebSocket, request: FastifyRequest) => {
      const guest = admitted.get(request)
      assert(guest !== undefined, "whoever passes was let in")
      const credentials = { bearer: bearerOf(request), session: sessionOf(request) }
      const asked = { address: request.ip, requestId: request.id }
      open(socket, guest, async () => {
        try {
          return await identify(sql, credentials, asked)
        } catch (error) {
          // A database that is away says nothing about who may pass.
          if (error instanceof Outage) return guest.caller
          throw error
        }
      })
    },
  })
}
