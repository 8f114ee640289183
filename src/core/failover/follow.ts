/**
 * What a member does while another leads: follow it, and climb the healing ladder when it can not
 * (design 2.7): receiver and slot, rewind, clone, and a named state with a reason where a machine must
 * not decide. Nothing here ever starts a server that accepts writes.
 */
import { canFollow } from "#core/timeline.ts"
import { seconds } from "#core/units.ts"
import { whyResting } from "#core/failover/config-trial.ts"
import {
  type Decision,
  type Heal,
  healthy,
  type Action,
  type Memory,
  type Mood,
  type Peer,
} from "#core/failover/decision.ts"
import { diskAway, diskReason } from "#core/failover/disk.ts"
import type { Holder } from "#core/failover/holder.ts"
import type { DataView, Observation, ServerView, SourceView } from "#core/failover/observation.ts"
import { type Ladder, repairStep } from "#core/failover/repair.ts"
import { freshStatus, knownIdentifier } from "#core/failover/standing.ts"

export type Following = {
  readonly memory: Memory
  readonly seen: Observation
  readonly self: Holder
  /** Whom to follow; undefined while nobody leads or its address is not known. */
  readonly leader: Peer | undefined
  /** Why there is nobody, for people. */
  readonly why: string
}

/** How long streaming may be away before each rung of the ladder is tried. */
/** Who streams for so long has what it needs, however slowly it replays. */
const steadyFor = 10_000
const rung = { settings: 8_000, divergence: 3_000, restart: 30_000, clone: 60_000 } as const
const rewindsMax = 2
/** After a failed try: 2 s, 4 s … at most 5 min. */
const healAgainAfter = (failures: number): number =>
  Math.min(300_000, 1000 * 2 ** Math.min(failures, 9))

export function follow(at: Following): Decision {
  const { seen } = at
  const { server } = seen
  const repairing = repairStep(at, ladder)
  if (repairing !== undefined) return repairing
  const none = (phase: Mood["phase"], why: string): Decision => ({
    memory: at.memory,
    actions: [],
    mood: { phase, why },
  })
  switch (server.kind) {
    case "lost":
      return none("unknown", "the supervisor has no pulse")
    case "job":
      return none(jobPhase(server.name), `${server.name} is running`)
    case "stopping":
      return none("stopping", "the server is stopping")
    case "starting":
      return none("starting", "the server starts or replays")
    case "silent":
      return none("unknown", "the server does not answer")
    case "primary":
      return none("stopping", "another member leads: stopping")
    case "down":
      return seen.lanes.server.running === undefined
        ? begin(at)
        : none("starting", `${seen.lanes.server.running} is under way`)
    case "standby":
      return stream(at, server)
  }
}

const jobPhase = (name: string): Mood["phase"] =>
  name === "clone"
    ? "cloning"
    : name === "rewind"
      ? "rewinding"
      : name === "initdb"
        ? "initialising"
        : "starting"

/** From a server that is down to one that streams. */
function begin(at: Following): Decision {
  const { seen, leader, memory } = at
  const { data } = seen
  const act = (
    action: Action,
    phase: Mood["phase"],
    why: string,
    heal = memory.heal,
  ): Decision => ({
    memory: { ...memory, heal },
    actions: [action],
    mood: { phase, why },
  })
  const hold = (why: string): Decision => ({ memory, actions: [], mood: { phase: "held", why } })
  const away = diskAway(seen)
  if (away !== undefined) return hold(`waits for its disk: ${diskReason(away)}`)
  const resting = memory.heal.notBefore - seen.now
  if (resting > 0 && data.kind !== "present")
    return hold(`trying again in ${Math.ceil(resting / 1000)} s`)
  switch (data.kind) {
    case "unknown":
      return hold("looking at the data directory")
    case "empty":
      if (leader === undefined) return hold(`no data yet: ${at.why}`)
      return clonable(at, leader, (heal) =>
        act({ kind: "clone", source: leader }, "cloning", `cloning from ${leader.pod}`, heal),
      )
    case "damaged":
      if (leader === undefined) return hold(`${data.reason}; ${at.why}`)
      return clonable(at, leader, (heal) =>
        act(
          { kind: "clone", source: leader },
          "cloning",
          `cloning from ${leader.pod}: ${data.reason}`,
          heal,
        ),
      )
    case "present":
      return beginWithData(at, data)
  }
}

function beginWithData(at: Following, data: DataView & { readonly kind: "present" }): Decision {
  const { seen, leader, memory } = at
  if (data.unconfirmed) return replaceUnconfirmed(at, data.systemIdentifier)
  if (leader !== undefined && diverged(seen.source, leader, data))
    return heal(at, leader, "its WAL went on beyond the point where the new timeline began")
  const { hopeless } = memory.heal
  if (leader !== undefined && hopeless !== undefined && healthySource(at, leader))
    return cloneFrom(at, leader, hopeless)
  // A crashed primary may have WAL that nobody else has, and a plain start would keep it.
  if (leader !== undefined && data.wasPrimary && !data.clean && memory.heal.rewinds < rewindsMax)
    return rewindFrom(at, leader, "it was primary and stopped hard")
  const resting = whyResting(seen)
  if (resting !== undefined) return { memory, actions: [], mood: { phase: "held", why: resting } }
  return {
    memory,
    actions: [{ kind: "start-standby", follow: leader }],
    mood: {
      phase: "starting",
      why:
        leader === undefined
          ? `starting as a standby: ${at.why}`
          : `starting to follow ${leader.pod}`,
    },
  }
}

/** Data that was initialised here and never became the cluster's: the cluster's own is cloned over it. */
function replaceUnconfirmed(at: Following, identifier: string): Decision {
  const { seen, leader, memory } = at
  const hold = (why: string): Decision => ({ memory, actions: [], mood: { phase: "held", why } })
  if (knownIdentifier(seen) === identifier)
    return { ...hold("the new data is on record"), actions: [{ kind: "confirm-data" }] }
  if (leader === undefined) return hold(`holds data of a beginning that nobody recorded; ${at.why}`)
  return clonable(at, leader, (next) => ({
    memory: { ...memory, heal: next },
    actions: [{ kind: "clone", source: leader }],
    mood: { phase: "cloning", why: `cloning from ${leader.pod}: the cluster was begun elsewhere` },
  }))
}

function stream(at: Following, server: ServerView & { readonly kind: "standby" }): Decision {
  const { seen, leader, memory } = at
  if (leader === undefined)
    return { memory, actions: [], mood: { phase: "catching-up", why: at.why } }
  const follows = seen.follows
  if (follows?.pod !== leader.pod || follows.address !== leader.address) {
    const mood: Mood = { phase: "catching-up", why: `turning to ${leader.pod}` }
    const busy = seen.lanes.settings.running !== undefined
    return { memory, actions: busy ? [] : [{ kind: "follow", source: leader }], mood }
  }
  if (server.receiver === "streaming") return streams(at, leader, server)
  const { since = seen.now, replayed = server.replayedLsn } = memory.heal
  const heal = { ...memory.heal, since, replayed, streamsSince: undefined }
  return climb({ ...at, memory: { ...memory, heal } }, leader, server, seen.now - since)
}

/**
 * Streaming for a moment, again and again, while nothing is replayed, is no recovery: PostgreSQL asks anew for WAL that it
 * cannot read, and the ladder goes on counting.
 */
function streams(
  { seen, memory }: Following,
  leader: Peer,
  { replayedLsn, receivedLsn }: ServerView & { readonly kind: "standby" },
): Decision {
  const { heal } = memory
  const mood: Mood = { phase: "streaming", why: `streams from ${leader.pod}` }
  const streamsSince = heal.streamsSince ?? seen.now
  const isStuck =
    heal.since !== undefined &&
    replayedLsn === heal.replayed &&
    replayedLsn < receivedLsn &&
    seen.now - streamsSince < steadyFor
  return isStuck
    ? { memory: { ...memory, heal: { ...heal, streamsSince } }, actions: [], mood }
    : {
        memory: { ...memory, heal: healthy },
        actions: seen.keepsOld ? [{ kind: "drop-old" }] : [],
        mood,
      }
}

/** A standby that runs, has somebody to follow, and gets nothing. */
function climb(
  at: Following,
  leader: Peer,
  server: ServerView & { readonly kind: "standby" },
  waited: number,
): Decision {
  const { seen, memory } = at
  const wait = (why: string): Decision => ({
    memory,
    actions: [],
    mood: { phase: "catching-up", why },
  })
  if (freshStatus(seen, leader.pod)?.server !== "primary")
    return wait(`waiting for ${leader.pod} to serve`)
  const busy = seen.lanes.server.running !== undefined
  const at_ = { timeline: server.timeline, lsn: server.receivedLsn }
  if (waited >= rung.divergence && diverged(seen.source, leader, at_))
    return busy
      ? wait("stopping in order to be rewound")
      : {
          memory,
          actions: [{ kind: "stop", within: longestStop }],
          mood: {
            phase: "stopping",
            why: `has WAL that ${leader.pod} does not have; stopping to be rewound`,
          },
        }
  if (
    waited >= rung.clone &&
    !busy &&
    seen.now >= memory.heal.notBefore &&
    healthySource(at, leader)
  )
    return giveUp(memory, `did not stream from ${leader.pod} for ${Math.round(waited / 1000)} s`)
  const connecting = wait(`connecting to ${leader.pod} for ${Math.round(waited / 1000)} s`)
  const { running, last } = seen.lanes.settings
  // Somebody may have changed by hand whom it follows: all of that is written once more.
  const rested = last === undefined || seen.now - last.at >= rung.settings
  return waited >= rung.settings && running === undefined && rested
    ? { ...connecting, actions: [{ kind: "follow", source: leader }] }
    : connecting
}

/** The supervisor copies beside no server that runs: it stops first. */
const giveUp = (memory: Memory, why: string): Decision => ({
  memory: {
    ...memory,
    heal: {
      ...memory.heal,
      since: undefined,
      replayed: undefined,
      streamsSince: undefined,
      rewinds: rewindsMax,
      hopeless: why,
    },
  },
  actions: [{ kind: "stop", within: longestStop }],
  mood: { phase: "stopping", why: `${why}: stopping to be cloned anew` },
})

const longestStop = seconds(10)

/** True when following would need WAL undone. Unknown counts as false: streaming itself finds out. */
function diverged(
  source: SourceView | undefined,
  leader: Peer,
  own: Pick<DataView & { readonly kind: "present" }, "timeline" | "lsn">,
): boolean {
  if (source === undefined || source.pod !== leader.pod || !source.primary) return false
  return !canFollow(source.history, own.timeline, own.lsn)
}

function heal(at: Following, leader: Peer, why: string): Decision {
  return at.memory.heal.rewinds < rewindsMax
    ? rewindFrom(at, leader, why)
    : cloneFrom(at, leader, why)
}

const cloneFrom = (at: Following, leader: Peer, why: string): Decision =>
  clonable(at, leader, (next) => ({
    memory: { ...at.memory, heal: next },
    actions: [{ kind: "clone", source: leader }],
    mood: { phase: "cloning", why: `cloning from ${leader.pod}: ${why}` },
  }))

function rewindFrom(at: Following, leader: Peer, why: string): Decision {
  const { seen, memory } = at
  const hold = (reason: string): Decision => ({
    memory,
    actions: [],
    mood: { phase: "rewinding", why: reason },
  })
  const { source } = seen
  if (!healthySource(at, leader)) return hold(`waiting for ${leader.pod} to serve: ${why}`)
  // Before its checkpoint the new primary still shows its old timeline to a rewind, which would then do nothing.
  if (source === undefined || source.checkpointTimeline !== source.history.timeline)
    return hold(`waiting for the checkpoint of ${leader.pod} after its promotion`)
  if (seen.now < memory.heal.notBefore) return hold(`trying to rewind again soon: ${why}`)
  return {
    memory: {
      ...memory,
      heal: tried({ ...memory.heal, rewinds: memory.heal.rewinds + 1 }, seen.now),
    },
    actions: [{ kind: "rewind", source: leader }],
    mood: { phase: "rewinding", why: `rewinding from ${leader.pod}: ${why}` },
  }
}

const ladder: Ladder = { isHealthy: healthySource, rewind: rewindFrom, clone: cloneFrom }

function clonable(at: Following, leader: Peer, go: (heal: Heal) => Decision): Decision {
  const { seen, memory } = at
  const hold = (why: string): Decision => ({ memory, actions: [], mood: { phase: "held", why } })
  if (!healthySource(at, leader)) return hold(`waiting for ${leader.pod} to serve before cloning`)
  const resting = memory.heal.notBefore - seen.now
  if (resting > 0) return hold(`cloning again in ${Math.ceil(resting / 1000)} s`)
  return go(tried({ ...memory.heal, clones: memory.heal.clones + 1 }, seen.now))
}

const tried = (heal: Heal, now: number): Heal => ({
  ...heal,
  since: undefined,
  replayed: undefined,
  streamsSince: undefined,
  hopeless: undefined,
  notBefore: now + healAgainAfter(heal.rewinds + heal.clones),
})

/** The source serves as primary and its data is of this cluster (S4). */
function healthySource({ seen }: Following, leader: Peer): boolean {
  const { source } = seen
  const known = knownIdentifier(seen)
  return (
    source !== undefined &&
    source.pod === leader.pod &&
    source.primary &&
    seen.now - source.askedAt < 10_000 &&
    (known === undefined || source.systemIdentifier === known)
  )
}
