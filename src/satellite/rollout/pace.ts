/**
 * How often the same is asked for, and how long the same was waited for. Only for pacing: without it all is done
 * the same, a little more eagerly.
 */
import { backoff } from "#core/backoff.ts"
import type { ConfigVersion } from "#core/ids.ts"
import type { Deed, Next } from "#core/rollout/next-step.ts"
import { type Millis, millis, minutes, seconds } from "#core/units.ts"

type Tried = {
  readonly at: number
  readonly attempts: number
  readonly failure: string | undefined
}

const again = { first: seconds(15), longest: minutes(5) }
const askedPatience = minutes(3)
/** After so many tries somebody should look. */
const attemptsMax = 2

export class Pace {
  readonly version: ConfigVersion
  readonly #tried = new Map<string, Tried>()
  #waiting: { readonly why: string; readonly since: number } | undefined
  /** Why the last hand-over was given up. */
  handOver: string | undefined

  constructor(version: ConfigVersion) {
    this.version = version
  }

  /** What of it is due: the same is not asked for before it had time to come about, and not more and more often. */
  due(next: Next, now: number): Next {
    if (next.kind !== "act") return next
    const known = singly(next.deed).map((deed) => ({ deed, tried: this.#tried.get(keyOf(deed)) }))
    const due = known.filter(
      ({ tried }) =>
        tried === undefined || now - tried.at >= backoff(tried.attempts - 1, 0.5, again),
    )
    const deed = together(due.map((one) => one.deed))
    if (deed !== undefined) return { kind: "act", deed }
    const why = known.map(({ tried }) => tried?.failure).find((one) => one !== undefined)
    const attempts = Math.max(...known.map(({ tried }) => tried?.attempts ?? 0))
    return {
      kind: "wait",
      why: [describe(next.deed), why ?? this.handOver]
        .filter((one) => one !== undefined)
        .join(": "),
      patience: attempts > attemptsMax ? millis(0) : askedPatience,
    }
  }

  began(deed: Deed, now: number): void {
    this.handOver = undefined
    for (const key of singly(deed).map(keyOf)) {
      const attempts = (this.#tried.get(key)?.attempts ?? 0) + 1
      this.#tried.set(key, { at: now, attempts, failure: undefined })
    }
  }

  failed(deed: Deed, failure: string, now: number): void {
    for (const key of singly(deed).map(keyOf)) {
      const attempts = this.#tried.get(key)?.attempts ?? 1
      this.#tried.set(key, { at: now, attempts, failure })
    }
  }

  /** For how long it has waited for the same. */
  waited(next: Next, now: number): Millis {
    if (next.kind !== "wait") {
      this.#waiting = undefined
      return millis(0)
    }
    // A number that counts on is not another reason.
    const why = next.why.replaceAll(/\d+/g, "#")
    if (this.#waiting?.why !== why) this.#waiting = { why, since: now }
    return millis(now - this.#waiting.since)
  }
}

/** What is asked of each member is paced for itself. */
export const singly = (deed: Deed): readonly Deed[] =>
  deed.kind === "restart"
    ? deed.members.map((one): Deed => ({ kind: "restart", members: [one] }))
    : [deed]

function together(deeds: readonly Deed[]): Deed | undefined {
  const members = deeds.flatMap((deed) => (deed.kind === "restart" ? deed.members : []))
  return members.length > 0 ? { kind: "restart", members } : deeds[0]
}

const keyOf = (deed: Deed): string => JSON.stringify(deed)

export function describe(deed: Deed): string {
  switch (deed.kind) {
    case "restart":
      return `${deed.members.map(({ pod }) => pod).join(", ")} restart`
    case "replace":
      return `the pod of ${deed.pod} is replaced`
    case "hand-over":
      return `${deed.pod} hands over`
  }
}
