/**
 * What a matched message leads to: nothing yet, an event, or a deed. A pure function of what was before,
 * the message and the situation. A repair is asked for only where it can not hurt: on a member that
 * certainly is no primary, on the word of a process that no client can put words into, one at a time.
 * Whether it is really done, the failover policy decides on what it sees then (`failover/repair.ts`).
 */
import type { LogMessage } from "#core/recovery/log-line.ts"
import { isRepair, type RecoveryRule, type RuleSet } from "#core/recovery/rule.ts"

/** A reading of this machine's monotonic clock, in milliseconds. */
type Instant = number

export type Situation = {
  readonly now: Instant
  /** Why this member holds, or may hold, the Lease; undefined when it certainly does not. */
  readonly mayLead: string | undefined
  /** The rule whose repair or command is under way. */
  readonly busyWith: string | undefined
  /** The cluster is paused: people have taken over. */
  readonly paused: boolean
  /** Written before this watcher looked, so that what it says may be over. */
  readonly isOld: boolean
}

/** Why a deed that a rule asks for is not done. */
export const suppressions = [
  "cooldown",
  "threshold",
  "duplicate",
  "flood",
  "leads",
  "said-by-client",
  "busy",
  "too-soon",
  "paused",
  "old",
] as const
export type Suppression = (typeof suppressions)[number]

export type Verdict =
  /** Nothing for people to hear of; counted. */
  | { readonly kind: "silent"; readonly by: Suppression; readonly why: string }
  /** The rule wanted more than an event, and an event is all that it gets. */
  | { readonly kind: "only-told"; readonly by: Suppression; readonly why: string }
  /** `unheard`: matches since it last acted that came to nothing. */
  | { readonly kind: "act"; readonly unheard: number }

type RuleMemory = {
  /** When it matched, youngest last; never more than its threshold asks for. */
  readonly hits: readonly Instant[]
  readonly actedAt: Instant | undefined
  readonly silentUntil: Instant
  readonly toldAt: Instant
  readonly unheard: number
}

export type EngineMemory = {
  readonly rules: ReadonlyMap<string, RuleMemory>
  /** Messages that were matched last: one that is read twice counts once. */
  readonly recent: readonly string[]
  readonly repairedAt: Instant
  /** When the last events were told, youngest last. */
  readonly events: readonly Instant[]
}

export const firstEngineMemory: EngineMemory = {
  rules: new Map(),
  recent: [],
  repairedAt: -Infinity,
  events: [],
}

const recentMax = 64
/** After any repair, whatever rule asked for it: time to see what it brought. */
export const repairPause = 60_000
/** "It was suppressed" is told once in so long a time for each rule. */
export const tellAgainAfter = 60_000
/** More events in a minute help nobody. */
export const eventsPerMinute = 30

const untouched: RuleMemory = {
  hits: [],
  actedAt: undefined,
  silentUntil: -Infinity,
  toldAt: -Infinity,
  unheard: 0,
}

/** Judges one message that `rule` matched. */
export function judge(
  memory: EngineMemory,
  rule: RecoveryRule,
  message: LogMessage,
  situation: Situation,
): { readonly memory: EngineMemory; readonly verdict: Verdict } {
  const { now } = situation
  const key = fingerprint(message)
  if (message.origin !== "" && memory.recent.includes(key))
    return { memory, verdict: { kind: "silent", by: "duplicate", why: "the same line again" } }
  const seen = { ...memory, recent: [...memory.recent, key].slice(-recentMax) }
  const before = memory.rules.get(rule.name) ?? untouched
  // What a client can bring about must not count towards a repair either.
  const counts = !isRepair(rule.action) || message.speaker.kind === "server"
  const hits = [...before.hits, ...(counts ? [now] : [])]
    .filter((at) => now - at <= rule.threshold.withinSeconds * 1000)
    .slice(-rule.threshold.count)
  const counted = { ...before, hits, unheard: before.unheard + 1 }
  const silent = (by: Suppression, why: string) => ({
    memory: put(seen, rule, counted),
    verdict: { kind: "silent", by, why } as const,
  })
  if (now < before.silentUntil)
    return silent("cooldown", `silent for ${Math.ceil((before.silentUntil - now) / 1000)} s more`)
  if (counts && hits.length < rule.threshold.count)
    return silent("threshold", `${hits.length} of ${rule.threshold.count} matches`)
  const events = memory.events.filter((at) => now - at < 60_000)
  const told = { ...seen, events: [...events, now] }
  const against = whyNot(memory, rule, message, situation)
  // Nobody can hold a deed back by making other rules talk.
  if (events.length >= eventsPerMinute && (against !== undefined || rule.action === "event"))
    return silent("flood", `${eventsPerMinute} events in a minute are enough`)
  if (against !== undefined) {
    if (now - before.toldAt < tellAgainAfter) return silent(against.by, against.why)
    return {
      memory: put(told, rule, { ...counted, toldAt: now }),
      verdict: { kind: "only-told", ...against },
    }
  }
  const acted = {
    hits: [],
    actedAt: now,
    silentUntil: now + rule.cooldownSeconds * 1000,
    toldAt: before.toldAt,
    unheard: 0,
  }
  return {
    memory: {
      ...put(told, rule, acted),
      repairedAt: isRepair(rule.action) ? now : memory.repairedAt,
    },
    verdict: { kind: "act", unheard: before.unheard },
  }
}

const put = (memory: EngineMemory, rule: RecoveryRule, is: RuleMemory): EngineMemory => ({
  ...memory,
  rules: new Map([...memory.rules, [rule.name, is]]),
})

/** What stands against a deed; an event is always allowed. */
function whyNot(
  memory: EngineMemory,
  rule: RecoveryRule,
  { speaker }: LogMessage,
  { now, mayLead, busyWith, paused, isOld }: Situation,
): { readonly by: Suppression; readonly why: string } | undefined {
  if (rule.action === "event") return undefined
  if (isOld) return { by: "old", why: "the line is from before the sidecar looked" }
  if (busyWith !== undefined)
    return { by: "busy", why: `one at a time: ${busyWith} is being acted upon` }
  if (!isRepair(rule.action)) return undefined
  if (mayLead !== undefined)
    return { by: "leads", why: `never on a member that may be primary: ${mayLead}` }
  if (speaker.kind !== "server")
    return {
      by: "said-by-client",
      why:
        speaker.kind === "session"
          ? `said by a ${speaker.process}, which can be made to say anything`
          : "not known which process said it",
    }
  if (paused) return { by: "paused", why: "the cluster is paused" }
  if (now - memory.repairedAt < repairPause)
    return { by: "too-soon", why: "another repair was begun less than a minute ago" }
  return undefined
}

/** Short enough to keep many, long enough not to meet. */
export function fingerprint({ origin, text }: LogMessage): string {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1)
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193) >>> 0
  return `${origin} ${text.length} ${hash.toString(16)}`
}

/** Longest time that a rule waits after its deed was refused by the failover policy. */
const againAfterRefusal = 60_000

/** A deed was not done after all: the rule may try again before its cooldown is over. */
export function refusedDeed(memory: EngineMemory, name: string, now: Instant): EngineMemory {
  const before = memory.rules.get(name)
  if (before === undefined) return memory
  const silentUntil = Math.min(before.silentUntil, now + againAfterRefusal)
  return {
    ...memory,
    repairedAt: -Infinity,
    rules: new Map([...memory.rules, [name, { ...before, silentUntil }]]),
  }
}

/** Another set of rules came: what is gone is forgotten, what stays keeps its cooldown, but not a longer one than it now has. */
export function adopt(memory: EngineMemory, set: RuleSet, now: Instant): EngineMemory {
  const kept = new Map<string, RuleMemory>()
  for (const { name, cooldownSeconds } of set.rules) {
    const before = memory.rules.get(name)
    if (before === undefined) continue
    const longest = (before.actedAt ?? now) + cooldownSeconds * 1000
    kept.set(name, { ...before, silentUntil: Math.min(before.silentUntil, longest) })
  }
  return { ...memory, rules: kept }
}

/** How long ago each rule acted, in milliseconds, where a restart of the sidecar must not forget it. */
export const agesToKeep = (
  memory: EngineMemory,
  set: RuleSet,
  now: Instant,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    set.rules.flatMap(({ name, action, cooldownSeconds }) => {
      const actedAt = memory.rules.get(name)?.actedAt
      const counts = action !== "event" && actedAt !== undefined
      const age = counts ? now - actedAt : Infinity
      return age < cooldownSeconds * 1000 ? [[name, age]] : []
    }),
  )

/** The memory of a watcher that begins where another ended. */
export function rememberAges(
  ages: Readonly<Record<string, number>>,
  set: RuleSet,
  now: Instant,
): EngineMemory {
  const rules = new Map<string, RuleMemory>()
  let repairedAt = -Infinity
  for (const { name, action, cooldownSeconds } of set.rules) {
    const age = ages[name]
    if (age === undefined) continue
    const actedAt = now - Math.max(0, age)
    rules.set(name, { ...untouched, actedAt, silentUntil: actedAt + cooldownSeconds * 1000 })
    if (isRepair(action)) repairedAt = Math.max(repairedAt, actedAt)
  }
  return { ...firstEngineMemory, rules, repairedAt }
}
