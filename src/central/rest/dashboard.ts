/** The built dashboard: files as they are, and its first page for every address that it has a screen for. */
import files from "@fastify/static"
import type { FastifyReply, FastifyRequest } from "fastify"
import type { App } from "./app.ts"

/** Scripts and styles from our own files only; inline styles as attributes, which React sets. */
export const dashboardPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ")

type NotFound = (request: FastifyRequest, reply: FastifyReply) => FastifyReply

const notBuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>pg-swarm</title>
<h1>The dashboard is not here</h1>
<p>This central serves its API only: PG_SWARM_DASHBOARD_DIR does not name a built dashboard.
The API is described at <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.</p></html>
`

export async function serveDashboard(
  app: App,
  folder: string | undefined,
  apiNotFound: NotFound,
): Promise<void> {
  if (folder !== undefined)
    await app.register(files, {
      root: folder,
      index: "index.html",
      dotfiles: "ignore",
      cacheControl: false,
      setHeaders: (reply, path) => {
        void reply.header("content-security-policy", dashboardPolicy)
        // Vite puts a hash of the content into the names below assets/: such a file never changes.
        const isHashed = path.includes("/assets/")
        void reply.header(
          "cache-control",
          isHashed ? "public, max-age=31536000, immutable" : "no-cache",
        )
      },
    })
  app.setNotFoundHandler((request, reply) => {
    const wantsPage =
      (request.method === "GET" || request.method === "HEAD") &&
      !request.url.startsWith("/api/") &&
      !request.url.startsWith("/assets/") &&
      (request.headers.accept ?? "").includes("text/html")
    if (!wantsPage) return apiNotFound(request, reply)
    if (folder !== undefined) return reply.sendFile("index.html")
    return reply.code(404).type("text/html; charset=utf-8").send(notBuilt)
  })
}
