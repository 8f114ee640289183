/**
 * Does what was decided. Each action runs in its lane under a deadline and carries what it was decided
 * on: the Lease's version, the term, the deadline. When that is no longer so, it is not done.
 */
import { randomUUID } from "node:crypto"
import { type PodName, term } from "#core/ids.ts"
import { port } from "#core/names.ts"
import { type Millis, millis, seconds } from "#core/units.ts"
import {
  type Action,
  type Immediate,
  isImmediate,
  laneOf,
  type Lasting,
  type Peer,
} from "#core/failover/decision.ts"
import { knownIdentifier } from "#core/failover/standing.ts"
import { systemIdentifier } from "#core/ids.ts"
import { Outage } from "#io/outage.ts"
import {
  changeSlots,
  checkpointWithin,
  foreignSettings,
  recordTerm,
  resetSetting,
} from "./local-server.ts"
import { tellDiscardedWal } from "./discarded-wal.ts"
import { admit } from "./door.ts"
import { order, type PerformPorts, reload, seenLabel, tell } from "./ports.ts"
import { promote } from "./promote.ts"
import type { Sql } from "#io/postgres/sql.ts"
import { ownSettings } from "./running-config.ts"

const jobWithin = seconds(24 * 3600)
const goneWithin = seconds(5)

/** Begins `action`; what comes of it is seen by later observations. */
export function perform(ports: PerformPorts, action: Action): void {
  if (isImmediate(action)) return immediate(ports, action)
  const lane = laneOf(action)
  if (action.kind === "fence")
    return ports.lanes.preempt(lane, action.kind, (signal) => fence(ports, action.reason, signal))
  // These have pauses of their own; a renewal that failed must not wait longer.
  const patient =
    action.kind === "write-lease" || action.kind === "clone" || action.kind === "rewind"
  ports.lanes.begin(lane, labelOf(action), (signal) => work(ports, action, signal), patient)
}

const labelOf = (action: Lasting): string =>
  action.kind === "write-lease" ? `write-lease:${action.purpose}` : action.kind

function immediate(ports: PerformPorts, action: Immediate): void {
  switch (action.kind) {
    case "extend-deadline":
      ports.known.server.deadlineWritten = action.deadline
      ports.supervisor.extendDeadline(action.deadline).catch((failure: unknown) => {
        // The supervisor keeps the deadline it has, which is the safe one.
        ports.known.server.deadlineWritten = undefined
        ports.log.debug("deadline.unwritten", { why: failure })
      })
      return
    case "read-lease":
      ports.lease.want()
      return
    case "tell":
      tell(ports, action.event)
  }
}

async function work(ports: PerformPorts, action: Lasting, signal: AbortSignal): Promise<void> {
  const { known, config, running, server, voter, log } = ports
  if (action.kind !== "write-lease" || action.purpose !== "renew")
    log.debug("action.begun", { action: action.kind })
  switch (action.kind) {
    case "persist-term":
      return voter.raiseTerm(action.term)
    case "confirm-data":
      await ports.volume.confirmBootstrap()
      known.server.data = undefined
      return ports.look()
    case "write-lease":
      return writeLease(ports, action, signal)
    case "campaign":
      return campaign(ports, action, signal)
    case "promote":
      return promote(ports, action, signal)
    case "start-standby":
      await running.set({
        follow: action.follow ?? "nobody",
        clients: "admitted",
        as: "standby",
      })
      return order(ports, { kind: "start-standby" }, signal)
    case "start-primary":
      return startPrimary(ports, action, signal)
    case "stop":
      return stopServer(ports, action.within, signal)
    case "initdb":
      return initialise(ports, action, signal)
    case "clone":
    case "rewind":
      return job(ports, action.kind, action.source, signal)
    case "follow":
      await running.set({ follow: action.source ?? "nobody" })
      return undoByHand(ports, signal)
    case "set-sync-names":
      await running.set({ syncNames: action.names, as: "primary" })
      await reload(ports)
      return ports.look()
    case "admit":
      return admit(ports, action, signal)
    case "label":
      await ports.pods.setRole(config.pod, action.role, signal, config.podUid)
      return seenLabel(known, config.pod, action.role)
    case "record-term":
      return record(ports, action, signal)
    case "checkpoint":
      return server.patient(checkpointWithin, (_, script) => script("checkpoint"), signal)
    case "slots":
      return server.patient(
        seconds(5),
        (sql) => changeSlots(sql, action.create, action.drop),
        signal,
      )
    case "drop-old":
      await order(ports, { kind: "drop-old" }, signal)
      known.server.keepsOld = false
      return
    case "fence":
      return fence(ports, action.reason, signal)
  }
}

async function startPrimary(
  ports: PerformPorts,
  action: Action & { readonly kind: "start-primary" },
  signal: AbortSignal,
): Promise<void> {
  const { running, known } = ports
  await running.set({
    follow: "nobody",
    syncNames: action.syncNames,
    clients: action.refusing === undefined ? "admitted" : { refusing: action.refusing },
    as: "primary",
  })
  await order(
    ports,
    { kind: "start-primary", term: action.term, deadline: action.deadline },
    signal,
  )
  // A server does not start with rules that it could not read: these are the ones.
  return known.server.heardDoor(action.refusing === undefined)
}

async function writeLease(
  ports: PerformPorts,
  action: Action & { readonly kind: "write-lease" },
  signal: AbortSignal,
): Promise<void> {
  const { known, clock, store, lease, log, memberSets } = ports
  const content = { ...action.content, members: membersOf(ports, action) }
  // The deadline counts from here: before the request leaves, never from its answer (R2).
  const sentAt = clock.now()
  known.attemptLease(content)
  const written = await store.write(action.version, content, signal)
  if (written.kind === "written") {
    known.wroteLease(written.lease, sentAt)
    memberSets.settled()
    if (action.purpose !== "renew")
      log.event("lease.written", { purpose: action.purpose, term: action.content.term })
    return
  }
  await lease.read(signal)
  throw new Outage("LEASE_OUTRUN", "somebody else wrote the Lease first")
}

/** Only a renewal changes the member set, and not before that is on disk. */
function membersOf(
  { known, memberSets }: PerformPorts,
  { purpose, content }: Action & { readonly kind: "write-lease" },
): readonly PodName[] {
  const inForce = known.lease.kind === "read" ? known.lease.lease.members : []
  return purpose === "renew" && inForce.length > 0
    ? memberSets.sendable(content.members, inForce)
    : content.members
}

async function campaign(
  ports: PerformPorts,
  action: Action & { readonly kind: "campaign" },
  signal: AbortSignal,
): Promise<void> {
  const { voter, peers, known, clock, config, log } = ports
  const startedAt = clock.now()
  const lease = known.lease.kind === "read" ? known.lease.lease : undefined
  const vote = { term: action.term, leaseVersion: action.leaseVersion, candidate: config.pod }
  const [candidate] = await Promise.all([
    voter.stand(vote),
    ports.memberSets.stands(lease?.members ?? []),
  ])
  log.event("campaign.begun", {
    term: action.term,
    cause: action.cause,
    lsn: candidate.receivedLsn,
    timeline: candidate.timeline,
  })
  await peers.campaign(
    {
      term: action.term,
      leaseVersion: action.leaseVersion,
      cause: action.cause,
      startedAt,
      candidate,
    },
    clock.limit(millis(known.policy.voteWithin + 200), signal),
  )
}

async function fence(ports: PerformPorts, reason: string, signal: AbortSignal): Promise<void> {
  ports.log.warn("server.fence", { reason })
  await order(ports, { kind: "stop-immediate" }, signal)
  await untilGone(ports, goneWithin, signal)
}

/** Stops the server cleanly; resolves when it is gone. */
export async function stopServer(
  ports: PerformPorts,
  within: Millis,
  signal: AbortSignal,
): Promise<void> {
  await order(ports, { kind: "stop-fast", within }, signal)
  return untilGone(ports, within + goneWithin, signal)
}

/** Until the supervisor says that no process of the server is left. */
async function untilGone(ports: PerformPorts, longest: number, signal: AbortSignal): Promise<void> {
  const { known, clock } = ports
  await clock.until(
    () => {
      const kind = known.server.supervisor?.running.kind
      return known.server.ended || kind === "nothing" || kind === "job"
    },
    { every: millis(20), within: millis(longest), signal },
  )
}

async function initialise(
  ports: PerformPorts,
  action: Action & { readonly kind: "initdb" },
  signal: AbortSignal,
): Promise<void> {
  const { known, volume, log } = ports
  if (known.server.unconfirmed === undefined) await job(ports, "initdb", undefined, signal)
  // Last: only what is complete may be served, and only by the term that made it.
  await volume.writeServed(action.term)
  known.marks = { ...known.marks, served: action.term }
  known.server.data = undefined
  ports.look()
  log.event("cluster.initialised", { term: action.term })
}

async function job(
  ports: PerformPorts,
  name: "initdb" | "clone" | "rewind",
  source: Peer | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { jobs, running, known, observe, log, config } = ports
  const id = randomUUID()
  const identifier = knownIdentifier(observe()) ?? known.source?.systemIdentifier
  // A rewind reads the configuration that the server would start with.
  await running.set({ follow: source ?? "nobody" })
  const began = ports.clock.now()
  const run = jobs.run(
    id,
    name,
    () =>
      order(
        ports,
        {
          kind: "run-job",
          job: id,
          name,
          source:
            source === undefined
              ? undefined
              : {
                  host: source.address,
                  port: port.postgres,
                  ...(identifier === undefined
                    ? {}
                    : { systemIdentifier: systemIdentifier(identifier) }),
                },
        },
        signal,
      ),
    ports.clock.limit(jobWithin, signal),
  )
  const output = await tellingLosses(ports, run)
  known.server.keepsOld = name === "clone" || known.server.keepsOld
  log.event(`${name}.done`, { ms: ports.clock.now() - began })
  if (name === "initdb") return
  tell(ports, {
    kind: name === "clone" ? "instance.cloned" : "instance.rewound",
    severity: "info",
    message: `${config.pod} was ${name === "clone" ? "cloned" : "rewound"} from ${source?.pod ?? "?"}`,
    details: {
      source: source?.pod ?? "",
      ms: String(ports.clock.now() - began),
      output: output.trim().slice(-300),
    },
  })
}

/** A job that failed half way has discarded WAL all the same. */
async function tellingLosses<T>(ports: PerformPorts, run: Promise<T>): Promise<T> {
  try {
    return await run
  } finally {
    await tellDiscardedWal(ports)
  }
}

/** What somebody set by `ALTER SYSTEM` would win over the file that the sidecar writes. Says whether there was such. */
async function undoForeignSettings(
  { log }: PerformPorts,
  sql: Sql,
  script: (text: string) => Promise<void>,
): Promise<boolean> {
  const names = await foreignSettings(sql, ownSettings)
  for (const name of names) {
    log.warn("setting.reset", { name, why: "ALTER SYSTEM would win over the sidecar" })
    await resetSetting(script, name)
  }
  return names.length > 0
}

/** A standby takes over whom it should follow, whatever was set by hand. */
async function undoByHand(ports: PerformPorts, signal: AbortSignal): Promise<void> {
  await reload(ports)
  const undone = await ports.server.patient(
    seconds(5),
    (sql, script) => undoForeignSettings(ports, sql, script),
    signal,
  )
  if (undone) await reload(ports)
}

async function record(
  ports: PerformPorts,
  action: Action & { readonly kind: "record-term" },
  signal: AbortSignal,
): Promise<void> {
  const { server, config, known } = ports
  await server.patient(
    seconds(5),
    async (sql, script) => {
      await undoForeignSettings(ports, sql, script)
      await recordTerm(sql, script, action.term, config.pod, action.cause)
    },
    signal,
  )
  await reload(ports)
  known.server.termRow = term(action.term)
  known.changed()
}
