/** The web server as its parts see it. Fastify names the type by TLS, which is there or not by configuration. */
import type { Server } from "node:https"
import type { FastifyInstance } from "fastify"

export type App = FastifyInstance<Server>
