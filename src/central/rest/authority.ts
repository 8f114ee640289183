/** The authorities of central's certificate. Not secret: who installs a satellite fetches them before it is known. */
import { done, notFound } from "../refusal.ts"
import { fingerprints, type Tls } from "../tls/tls.ts"
import type { App } from "./app.ts"
import type { Handlers } from "./handler.ts"
import { sendProblem } from "./problem.ts"
import { apiPrefix } from "./register.ts"

const missing = {
  ...notFound("certificate authority"),
  detail:
    "central was not told the authority of its certificate (PG_SWARM_TLS_CA), or speaks no TLS",
}

export const authorityHandlers = (tls: Tls | undefined): Pick<Handlers, "getAuthority"> => ({
  getAuthority: async () => {
    const pem = tls?.bundle
    return Promise.resolve(
      pem === undefined ? missing : done({ pem, fingerprints: [...fingerprints(pem)] }),
    )
  },
})

export function serveAuthority(app: App, tls: Tls | undefined): void {
  app.get(`${apiPrefix}/ca.pem`, (request, reply) => {
    const pem = tls?.bundle
    if (pem === undefined) return sendProblem(request, reply, missing)
    return reply.type("application/x-pem-file").send(pem)
  })
}
