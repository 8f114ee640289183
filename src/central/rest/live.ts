/** The WebSocket `/api/v1/live`: everything that changes, to whoever is signed in. */
import type { Sql } from "#io/postgres/sql.ts"
import type { Audience } from "../live/audience.ts"
import { done, refused } from "../refusal.ts"
import type { App } from "./app.ts"
import { serveWebSocket } from "./web-socket-door.ts"

export const serveLive = (app: App, sql: Sql, audience: Audience): void =>
  serveWebSocket(app, sql, {
    path: "/live",
    doing: "listen",
    wishOf: () =>
      audience.isFull
        ? refused(503, "TOO_MANY_LISTENERS", "too many browsers listen already; try again later")
        : done(undefined),
    open: (socket, { caller }, now) => audience.enter(socket, caller, now),
  })
