/**
 * The door of the API: who is asking, and whether a browser asks on its own behalf. A page of another
 * origin can make a browser send its cookie, but not make it lie about where the request comes from.
 */
import type {} from "@fastify/cookie"
import type { FastifyRequest } from "fastify"
import type { Sql } from "#io/postgres/sql.ts"
import { may } from "#core/access/may.ts"
import type { Route } from "#wire/rest/routes.ts"
import { type Caller, identify } from "../auth/access.ts"
import { type Outcome, done, refused } from "../refusal.ts"

declare module "fastify" {
  interface FastifyInstance {
    /** Whether this port speaks TLS itself. */
    servesTls: boolean
  }
}

/** Whether the browser reaches us by HTTPS, be it a trusted proxy that ends it: cookies are then sent by no other way. */
export const isSecure = (request: FastifyRequest): boolean =>
  request.server.servesTls || request.protocol === "https"

/** Under HTTPS the prefix makes browsers refuse a cookie that another host of the domain wants to put here. */
export const cookieName = (secure: boolean): string =>
  secure ? "__Host-pg_swarm_session" : "pg_swarm_session"

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"])

export const bearerOf = (request: FastifyRequest): string | undefined => {
  const { authorization } = request.headers
  // Present but unreadable is a wrong token, not an absent one.
  return authorization === undefined
    ? undefined
    : (/^Bearer (\S{1,300})$/i.exec(authorization)?.[1] ?? "")
}

export const sessionOf = (request: FastifyRequest): string | undefined =>
  request.cookies[cookieName(isSecure(request))]?.slice(0, 300)

export async function enter(sql: Sql, request: FastifyRequest): Promise<Outcome<Caller>> {
  const bearer = bearerOf(request)
  const caller = await identify(
    sql,
    { bearer, session: sessionOf(request) },
    { address: request.ip, requestId: request.id },
  )
  return caller === undefined
    ? refused(401, "NOT_SIGNED_IN", "sign in, or send an API token as `Authorization: Bearer …`")
    : done(caller)
}

/** Who asks, if that one may do what the route does. Nothing else decides about roles. */
export async function admit(
  sql: Sql,
  request: FastifyRequest,
  { access, reach = "scope" }: Pick<Route, "access" | "reach">,
): Promise<Outcome<Caller | undefined>> {
  if (access === "anyone") return done(undefined)
  const caller = await enter(sql, request)
  if (caller.kind === "refused") return caller
  const verdict = may(caller.value, { role: access, reach })
  return verdict.kind === "may" ? caller : refused(403, verdict.code, verdict.why)
}

/** Whether a page of another origin made the browser send this. Programs that send neither header are none. */
export function isForeign(request: FastifyRequest): boolean {
  const site = request.headers["sec-fetch-site"]
  if (typeof site === "string") return site !== "same-origin" && site !== "none"
  const { origin, host } = request.headers
  return origin !== undefined && !isSameHost(origin, host)
}

function isSameHost(origin: string, host: string | undefined): boolean {
  // Behind a proxy that ends TLS the scheme may differ; the host may not.
  return URL.canParse(origin) && new URL(origin).host === host
}

/** Requests that change something with a cookie, or make one, must come from our own pages. */
export const mustBeOwn = (request: FastifyRequest): boolean =>
  !safeMethods.has(request.method) && bearerOf(request) === undefined
