/** WebSockets over which a log is followed: who may is decided before the connection is upgraded, the rest is told over it. */
import type { FastifyRequest } from "fastify"
import * as z from "zod"
import { may } from "#core/access/may.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { memberTailQuery, tailNeeds, tailQuery } from "#wire/log-tail-live.ts"
import type { TailWish } from "../intent/log-tails.ts"
import type { TailDesk } from "../log-tails/desk.ts"
import { done, invalid, type Outcome, refused } from "../refusal.ts"
import type { App } from "./app.ts"
import { serveWebSocket } from "./web-socket-door.ts"

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
  serve(app, sql, desk, "/satellites/:id/log", ofSatellite)
  serve(app, sql, desk, "/clusters/:id/members/:pod/log", ofMember)
}

const serve = (
  app: App,
  sql: Sql,
  desk: TailDesk,
  path: string,
  read: (request: FastifyRequest) => TailWish,
): void =>
  serveWebSocket(app, sql, {
    path,
    doing: "follow a log",
    wishOf: (request, caller) => {
      const verdict = may(caller, tailNeeds)
      return verdict.kind === "may-not"
        ? refused(403, verdict.code, verdict.why)
        : wishIn(() => read(request))
    },
    open: (socket, { caller, wish }, now) => void desk.open(socket, caller, now, wish),
  })

function wishIn(read: () => TailWish): Outcome<TailWish> {
  try {
    return done(read())
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error
    return invalid(
      error.issues.map(({ path, message }) => ({ field: path.join("."), problem: message })),
    )
  }
}
