/** RFC 9457 problem documents: the one shape in which this API says no. */
import { STATUS_CODES } from "node:http"
import type { FastifyReply, FastifyRequest } from "fastify"
import type { z } from "zod"
import type { Problem as FieldProblem } from "#core/parsed.ts"
import type { Problem } from "#wire/rest/shapes.ts"

export type Saying = {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly problems?: readonly FieldProblem[]
  readonly retryAfter?: number
}

export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  { status, code, detail, problems, retryAfter }: Saying,
): FastifyReply {
  const body: Problem = {
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Problem",
    status,
    code,
    detail,
    requestId: request.id,
    ...(problems === undefined ? {} : { problems: [...problems] }),
  }
  if (status === 401) void reply.header("www-authenticate", 'Bearer realm="pg-swarm"')
  const wait = retryAfter ?? (status === 503 ? 2 : undefined)
  if (wait !== undefined) void reply.header("retry-after", String(wait))
  // Sent as text: Fastify would otherwise call it plain JSON.
  return reply
    .code(status)
    .type("application/problem+json; charset=utf-8")
    .send(JSON.stringify(body))
}

/** What zod found, each with the path as the sender wrote it. */
export const fieldProblems = (error: z.ZodError, where: string): readonly FieldProblem[] =>
  error.issues.flatMap((issue) => {
    const path = issue.path.map(String).join(".")
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => ({
        field: path === "" ? key : `${path}.${key}`,
        problem: "is not a field of this request; leave it out",
      }))
    if (issue.code === "invalid_type" && issue.input === undefined)
      return [{ field: path === "" ? where : path, problem: missing(issue.message) }]
    return [{ field: path === "" ? where : path, problem: issue.message }]
  })

const missing = (message: string): string =>
  message.endsWith("received undefined") ? "is missing" : message
