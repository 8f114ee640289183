/** The two addresses by which a browser goes to the identity provider and comes back. */
import type { FastifyRequest } from "fastify"
import { isOwnPath } from "#core/access/own-path.ts"
import { callbackPath } from "../auth/provider-config.ts"
import { type Provider, readLeaving, writeLeaving } from "../auth/provider.ts"
import type { App } from "./app.ts"
import { cookieName, isSecure } from "./guard.ts"

export const signInPath = "/api/v1/sign-in/provider"
const minutesAway = 10

export function serveProvider(app: App, provider: Provider | undefined): void {
  if (provider === undefined) return
  app.get(signInPath, async (request, reply) => {
    const { leavingName, away } = cookiesOf(request)
    const page = askedFor(request)
    const outcome = await provider.leave(page)
    if (outcome.kind === "refused") return reply.redirect(failed(outcome.code, page), 303)
    const { to, leaving } = outcome.value
    void reply.setCookie(leavingName, writeLeaving(leaving), { ...away, maxAge: minutesAway * 60 })
    return reply.redirect(to, 303)
  })

  app.get(callbackPath, async (request, reply) => {
    const { leavingName, away, stayName, stay } = cookiesOf(request)
    const leaving = readLeaving(request.cookies[leavingName])
    // Once only, whatever becomes of it.
    void reply.clearCookie(leavingName, away)
    if (leaving === undefined) return reply.redirect(failed("NOT_PROVED", "/"), 303)
    const at = request.url.indexOf("?")
    const outcome = await provider.back(at === -1 ? "" : request.url.slice(at), leaving, {
      address: request.ip,
      userAgent: request.headers["user-agent"],
      requestId: request.id,
    })
    if (outcome.kind === "refused") return reply.redirect(failed(outcome.code, leaving.to), 303)
    const { token, session } = outcome.value
    void reply.setCookie(stayName, token, {
      ...stay,
      expires: new Date(session.expiresAt),
    })
    return reply.redirect(written(leaving.to), 303)
  })
}

function cookiesOf(request: FastifyRequest) {
  const secure = isSecure(request)
  return {
    leavingName: secure ? "__Host-pg_swarm_leaving" : "pg_swarm_leaving",
    // The provider's page sends the browser back: a strict cookie would stay behind.
    away: { path: "/", httpOnly: true, sameSite: "lax", secure },
    stayName: cookieName(secure),
    stay: { path: "/", httpOnly: true, sameSite: "strict", secure },
  } as const
}

/** The page that somebody wanted who was not signed in; the first one where that is no page of ours. */
function askedFor(request: FastifyRequest): string {
  const at = request.url.indexOf("?")
  const to = new URLSearchParams(at === -1 ? "" : request.url.slice(at)).get("to")
  return to !== null && isOwnPath(to) ? to : "/"
}

/** As a header can carry it. */
function written(page: string): string {
  const { pathname, search, hash } = new URL(page, "http://own")
  return `${pathname}${search}${hash}`
}

/** Whoever tries again still gets to the page. */
const failed = (code: string, page: string): string =>
  `/sign-in?${new URLSearchParams({ failed: code, ...(page === "/" ? {} : { to: page }) }).toString()}`
