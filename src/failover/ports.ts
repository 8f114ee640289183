/** What the deeds of the sidecar work with, and the few steps that several of them share. */
import { randomUUID } from "node:crypto"
import { eventId, type PodName } from "#core/ids.ts"
import { seconds } from "#core/units.ts"
import type { ClusterId } from "#core/ids.ts"
import type { Told } from "#core/failover/decision.ts"
import type { Observation } from "#core/failover/observation.ts"
import type { Clock } from "#io/clock.ts"
import type { LeaseStore } from "#io/kube/lease.ts"
import type { Pods } from "#io/kube/pods.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import type { Order, Supervisor } from "#io/supervisor/supervisor.ts"
import type { Config } from "./config.ts"
import type { Door } from "./door.ts"
import type { Jobs } from "./jobs.ts"
import type { Known } from "./known.ts"
import type { Lanes } from "./lanes.ts"
import type { OwnServer } from "./local-server.ts"
import type { Outbox } from "./outbox.ts"
import type { Peers } from "./peers.ts"
import type { RunningConfig } from "./running-config.ts"
import type { MemberSetMarks } from "./member-set-marks.ts"
import type { LeaseSense } from "./sense-lease.ts"
import type { Voter } from "./voter.ts"
import type { Volume } from "./volume.ts"

export type PerformPorts = {
  readonly clock: Clock
  readonly log: Log
  readonly config: Config
  readonly clusterId: () => ClusterId
  readonly known: Known
  readonly lanes: Lanes
  readonly jobs: Jobs
  readonly store: LeaseStore
  readonly lease: LeaseSense
  readonly pods: Pods
  readonly peers: Peers
  readonly voter: Voter
  readonly memberSets: MemberSetMarks
  readonly server: OwnServer
  readonly door: Door
  readonly volume: Volume
  readonly running: RunningConfig
  readonly supervisor: Supervisor
  readonly outbox: Outbox
  readonly observe: () => Observation
  /** The server should be looked at now. */
  readonly look: () => void
}

/** An order that the supervisor does not answer within this is tried again by the next decision. */
const orderWithin = seconds(4)

/** Sends an order and turns a refusal into a failure of the lane, which says why. */
export async function order(
  ports: Pick<PerformPorts, "clock" | "supervisor" | "known" | "look" | "log">,
  wanted: Order,
  signal: AbortSignal,
): Promise<void> {
  const result = await ports.supervisor.order(wanted, ports.clock.limit(orderWithin, signal))
  if (result.kind === "refused") {
    // The data may not be what it was when it was last looked at: somebody deleted or restored it meanwhile.
    ports.known.server.data = undefined
    ports.look()
    throw new Outage("ORDER_REFUSED", `the supervisor refused ${wanted.kind}: ${result.reason}`)
  }
  // The status says what an order changed before the order is answered. Decided on an older look, a promoted
  // server would be one that nobody armed, and a started one would be started again.
  ports.known.server.heardSupervisor(await ports.supervisor.status())
  ports.look()
}

/** Makes the running server read its configuration again. */
export async function reload({ server }: Pick<PerformPorts, "server">): Promise<void> {
  await server.quick((sql) => sql`select pg_reload_conf()`)
}

export function seenLabel(known: Known, pod: PodName, role: "primary" | "replica"): void {
  const before = known.pods.get(pod)
  if (before === undefined) return
  // The watch tells it again; until then the label must not be written over and over.
  known.pods = new Map([...known.pods, [pod, { ...before, role }]])
  known.changed()
}

export function tell(
  ports: Pick<PerformPorts, "log" | "outbox" | "clock" | "config" | "clusterId">,
  told: Told,
): void {
  ports.log.event(told.kind, { message: told.message, ...told.details })
  ports.outbox.put({
    id: eventId(randomUUID()),
    at: ports.clock.wall(),
    severity: told.severity,
    kind: told.kind,
    message: told.message,
    clusterId: ports.clusterId(),
    pod: ports.config.pod,
    details: told.details,
  })
}
