/** Faults of the API: what some or all clients meet instead of an answer. */
import { badRequest } from "../api-error.ts"
import type { Caller, Gate, Treatment } from "../api/gate.ts"
import { type JsonObject, isTrueAt, numberAt, objectAt, textAt } from "../json.ts"

const delayMsMax = 600_000

/** Who meets the fault; every condition that is given must hold. */
export type Match = {
  readonly isAll: boolean
  /** `namespace/name` of a service account. */
  readonly serviceAccount: string | undefined
  /** `namespace/name` of the pod whose token it is. */
  readonly pod: string | undefined
  readonly user: string | undefined
  /** Beginning of the User-Agent header. */
  readonly userAgent: string | undefined
}

export type ApiFault = {
  readonly id: string
  readonly match: Match
  readonly treatment: Treatment
  readonly source: JsonObject
}

export class ApiFaults implements Gate {
  readonly #faults = new Map<string, ApiFault>()
  readonly #listeners = new Set<() => void>()
  #next = 1

  treat(caller: Caller): Treatment {
    for (const fault of this.#faults.values())
      if (meets(fault.match, caller)) return fault.treatment
    return { kind: "pass" }
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    for (const listener of Array.from(this.#listeners)) listener()
  }

  add(body: JsonObject): ApiFault {
    const fault = {
      id: `api-${this.#next}`,
      match: readMatch(objectAt(body, "match")),
      treatment: readTreatment(body),
      source: body,
    }
    this.#next += 1
    this.#faults.set(fault.id, fault)
    this.#changed()
    return fault
  }

  remove(id: string): boolean {
    const isGone = this.#faults.delete(id)
    this.#changed()
    return isGone
  }

  list(): readonly ApiFault[] {
    return [...this.#faults.values()]
  }
}

function meets(match: Match, { user, userAgent }: Caller): boolean {
  if (match.isAll) return true
  const [namespace = "", name = ""] = (match.serviceAccount ?? "").split("/")
  return (
    (match.serviceAccount === undefined ||
      user.name === `system:serviceaccount:${namespace}:${name}`) &&
    (match.pod === undefined || user.pod === match.pod) &&
    (match.user === undefined || user.name === match.user) &&
    (match.userAgent === undefined || userAgent.startsWith(match.userAgent))
  )
}

function readMatch(body: JsonObject): Match {
  const match = {
    isAll: isTrueAt(body, "all"),
    serviceAccount: textAt(body, "serviceAccount"),
    pod: textAt(body, "pod"),
    user: textAt(body, "user"),
    userAgent: textAt(body, "userAgent"),
  }
  if (Object.values(match).every((one) => one === undefined || one === false)) {
    throw badRequest("match: name all, serviceAccount, pod, user or userAgent")
  }
  for (const key of ["serviceAccount", "pod"] as const) {
    if (match[key] !== undefined && !/^[^/]+\/[^/]+$/.test(match[key])) {
      throw badRequest(`match.${key}: expected namespace/name`)
    }
  }
  return match
}

function readTreatment(body: JsonObject): Treatment {
  const mode = textAt(body, "mode")
  switch (mode) {
    case "drop":
    case "refuse":
      return { kind: mode }
    case "slow": {
      const delayMs = numberAt(body, "delayMs") ?? Number.NaN
      if (delayMs >= 0 && delayMs <= delayMsMax) return { kind: "slow", delayMs }
      throw badRequest(`delayMs: expected 0 to ${delayMsMax}`)
    }
    case "error": {
      const code = numberAt(body, "code") ?? 500
      if (Number.isInteger(code) && code >= 400 && code <= 599) return { kind: "error", code }
      throw badRequest("code: expected 400 to 599")
    }
    case undefined:
    default:
      throw badRequest("mode: expected drop, refuse, slow or error")
  }
}
