/** The REST client: typed by the route table, and every answer checked by the table's schema. */
import type { z } from "zod"
import { problemSchema } from "#wire/rest/shapes.ts"
import { takesIdempotencyKey } from "#wire/rest/route.ts"
import { type Answer, type Route, type RouteName, type Sent, routes } from "#wire/rest/routes.ts"
import { createActKeys, randomKey } from "./act-keys.ts"
import { CallFailed, type Failure } from "./failure.ts"

const base = "/api/v1"
const patience = 15_000
const acts = createActKeys(() => performance.now(), randomKey)

/** What a caller gives: only the parts that the route has. */
export type Given<N extends RouteName> = {
  readonly [K in keyof Sent<N> as Sent<N>[K] extends undefined ? never : K]: Sent<N>[K]
}

type Plain = string | number | boolean | undefined
type Parts = {
  readonly params?: Readonly<Record<string, Plain>>
  readonly query?: Readonly<Record<string, Plain>>
  readonly body?: unknown
}

/**
 * Calls a route. Throws `CallFailed` and nothing else, except when `signal` ends it. What has a signal is a
 * question; a POST without one is a person's act, and goes out under a key by which central does it once.
 */
export async function call<N extends RouteName>(
  name: N,
  given: Given<N>,
  signal?: AbortSignal,
): Promise<Answer<N>> {
  const route: Route = routes[name]
  const response = await send(route, given, signal)
  if (response.status !== route.status) throw new CallFailed(await refusal(response))
  // The table ties this schema to Answer<N>; the compiler cannot follow it through the index.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return (await understood(response, route.answer)) as Answer<N>
}

async function send(
  route: Route,
  parts: Parts,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const limit = AbortSignal.timeout(patience)
  const body = parts.body === undefined ? undefined : JSON.stringify(parts.body)
  const address = addressOf(route.path, parts)
  const isAct = signal === undefined && takesIdempotencyKey(route)
  const act = isAct ? `${route.method} ${address} ${body ?? ""}` : undefined
  try {
    const response = await fetch(address, {
      method: route.method,
      headers: {
        accept: "application/json, application/problem+json",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...(act === undefined ? {} : { "idempotency-key": acts.keyOf(act) }),
      },
      credentials: "same-origin",
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
      ...(body === undefined ? {} : { body }),
    })
    // A proxy, or a central that fell over, does not know whether it was done.
    if (act !== undefined && response.status < 500) acts.answered(act)
    return response
  } catch (cause) {
    if (signal?.aborted === true) throw cause
    throw new CallFailed({ kind: "away" }, { cause })
  }
}

export function addressOf(path: string, parts: Parts): string {
  const filled = path.replaceAll(/:([a-z]+)/gi, (_, key: string) =>
    encodeURIComponent(String(parts.params?.[key])),
  )
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(parts.query ?? {})) {
    if (value !== undefined) search.set(key, String(value))
  }
  return search.size === 0 ? `${base}${filled}` : `${base}${filled}?${search.toString()}`
}

async function understood(response: Response, schema: z.ZodType | undefined): Promise<unknown> {
  if (schema === undefined) return undefined
  const parsed = schema.safeParse(await json(response))
  if (parsed.success) return parsed.data
  const [first] = parsed.error.issues
  throw new CallFailed(
    unreadable(
      response,
      `${first?.path.join(".") ?? "answer"}: ${first?.message ?? "not readable"}`,
    ),
    { cause: parsed.error },
  )
}

async function refusal(response: Response): Promise<Failure> {
  const parsed = problemSchema.safeParse(await json(response))
  if (!parsed.success) return unreadable(response, response.statusText)
  const seconds = Number(response.headers.get("retry-after") ?? "")
  return {
    kind: "refused",
    problem: parsed.data,
    retryAfter: Number.isFinite(seconds) && seconds > 0 ? seconds : undefined,
  }
}

const unreadable = (response: Response, detail: string): Failure => ({
  kind: "unreadable",
  status: response.status,
  requestId: response.headers.get("x-request-id") ?? undefined,
  detail,
})

async function json(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    // Not JSON at all: the schema refuses undefined and says so with the status.
    return undefined
  }
}
