/** Probes: asking a container again and again whether it has started, lives, or is ready. */
import { request as httpRequest } from "node:http"
import { request as httpsRequest } from "node:https"
import { connect } from "node:net"
import { setTimeout as sleep } from "node:timers/promises"

import { type JsonObject, at, numberAt, objectsAt, textAt, textsAt } from "../json.ts"

export type Outcome =
  | { readonly kind: "success" }
  | { readonly kind: "failure"; readonly why: string }

/** Runs a command inside the container. */
export type Exec = (command: readonly string[], timeoutMs: number) => Promise<Outcome>

export type Target = {
  readonly address: string
  /** The number of a port that the container names. */
  readonly portOf: (name: string) => number | undefined
  readonly exec: Exec
}

const failure = (why: string): Outcome => ({ kind: "failure", why })
const success: Outcome = { kind: "success" }

/** Carries a handler out once: of a probe, or of a lifecycle hook. */
export async function carryOut(
  handler: JsonObject,
  target: Target,
  timeoutMs: number,
): Promise<Outcome> {
  if (at(handler, "exec") !== undefined) {
    return target.exec(textsAt(handler, "exec", "command"), timeoutMs)
  }
  const seconds = numberAt(handler, "sleep", "seconds")
  if (seconds !== undefined) {
    await sleep(Math.min(seconds * 1000, timeoutMs))
    return success
  }
  const kind = at(handler, "httpGet") === undefined ? "tcpSocket" : "httpGet"
  const port = portNumber(at(handler, kind, "port"), target)
  const host = textAt(handler, kind, "host") ?? target.address
  if (port === undefined) return failure("the probe names a port that the container does not have")
  return kind === "tcpSocket"
    ? dial(host, port, timeoutMs)
    : fetchOnce(handler, host, port, timeoutMs)
}

function portNumber(value: JsonObject[string], target: Target): number | undefined {
  if (typeof value === "number") return value
  if (typeof value !== "string") return undefined
  return /^\d+$/.test(value) ? Number(value) : target.portOf(value)
}

async function dial(host: string, port: number, timeoutMs: number): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const socket = connect({ host, port })
  socket.setTimeout(timeoutMs, () => {
    resolve(failure(`dial tcp ${host}:${port}: i/o timeout`))
  })
  socket.once("connect", () => {
    resolve(success)
  })
  socket.once("error", (error) => {
    resolve(failure(`dial tcp ${host}:${port}: ${error.message}`))
  })
  const outcome = await promise
  socket.destroy()
  return outcome
}

async function fetchOnce(
  handler: JsonObject,
  host: string,
  port: number,
  timeoutMs: number,
): Promise<Outcome> {
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const headers = Object.fromEntries(
    objectsAt(handler, "httpGet", "httpHeaders").map((one) => [
      textAt(one, "name") ?? "",
      textAt(one, "value") ?? "",
    ]),
  )
  const isSecure = textAt(handler, "httpGet", "scheme") === "HTTPS"
  const request = (isSecure ? httpsRequest : httpRequest)({
    host,
    port,
    path: textAt(handler, "httpGet", "path") ?? "/",
    headers: { "user-agent": "kube-probe/1.32", connection: "close", ...headers },
    rejectUnauthorized: false,
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
  })
  request.once("response", (response) => {
    response.resume()
    const code = response.statusCode ?? 0
    resolve(
      code >= 200 && code < 400 ? success : failure(`HTTP probe failed with statuscode: ${code}`),
    )
  })
  request.once("error", (error) => {
    resolve(failure(`Get ${isSecure ? "https" : "http"}://${host}:${port}: ${error.message}`))
  })
  request.end()
  const outcome = await promise
  request.destroy()
  return outcome
}

export type Verdict = { readonly isPassing: boolean; readonly why: string }

/**
 * Probes until the signal: tells a verdict each time it turns. `startsAs` is what holds before the
 * first answers; undefined: neither, so that the first verdict is told whatever it is.
 */
export async function keepProbing(
  probe: JsonObject,
  target: Target,
  startsAs: boolean | undefined,
  tell: (verdict: Verdict) => void,
  signal: AbortSignal,
): Promise<void> {
  const everyMs = (numberAt(probe, "periodSeconds") ?? 10) * 1000
  const timeoutMs = (numberAt(probe, "timeoutSeconds") ?? 1) * 1000
  const successes = numberAt(probe, "successThreshold") ?? 1
  const failures = numberAt(probe, "failureThreshold") ?? 3
  let run = 0
  let wasSuccess = startsAs
  let isPassing = startsAs
  await pause((numberAt(probe, "initialDelaySeconds") ?? 0) * 1000, signal)
  while (!signal.aborted) {
    const outcome = await carryOut(probe, target, timeoutMs)
    if (isOver(signal)) return
    const isSuccess = outcome.kind === "success"
    run = isSuccess === wasSuccess ? run + 1 : 1
    wasSuccess = isSuccess
    if (run >= (isSuccess ? successes : failures) && isPassing !== isSuccess) {
      isPassing = isSuccess
      tell({ isPassing, why: outcome.kind === "failure" ? outcome.why : "" })
    }
    await pause(everyMs, signal)
  }
}

/** Asked again after each wait, as it may have turned meanwhile. */
export const isOver = (signal: AbortSignal): boolean => signal.aborted

/** Sleeps, or not when the signal says so. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || ms <= 0) return
  try {
    await sleep(ms, undefined, { signal })
  } catch (error) {
    if (!isOver(signal)) throw error
  }
}
