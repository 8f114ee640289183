/** The whole conversation with central: registration, the stream, and what each message means here. */
import { desiredId, desiredPlace } from "#core/cluster/desired.ts"
import {
  type FromCentral,
  type Registration,
  satelliteProtocolVersion,
} from "#core/fleet/satellite.ts"
import { type Millis, seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { KubeApi } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import type { Log } from "#io/log.ts"
import type { Task } from "#io/together.ts"
import { parseLogLevel } from "#wire/sidecar.ts"
import type { Config } from "../config.ts"
import type { LogLevels } from "../log-levels.ts"
import type { LogTails } from "../log-tails/tails.ts"
import type { Operations } from "../operations/operations.ts"
import type { Operator } from "../operator/operator.ts"
import { retried } from "../retried.ts"
import type { SettingsStore } from "../site/settings.ts"
import type { StorageClassBell } from "../site/storage-classes.ts"
import { satelliteVersion } from "../version.ts"
import { dialCentral, isTls, reasonOf } from "./dial.ts"
import { IdentityStore } from "./identity.ts"
import { type LinkPace, link } from "./link.ts"
import type { Outgoing } from "./outgoing.ts"
import { approvedIdentity } from "./register.ts"
import { Self } from "./self.ts"

/** How often and how long; tests are in more of a hurry. */
export type Pace = {
  readonly link: LinkPace
  readonly approval: { readonly pending: Millis; readonly rejected: Millis }
}

/** Where central does not say for how long. */
const logLevelSeconds = 3600

export type ConversationOptions = {
  readonly config: Config
  readonly log: Log
  readonly clock: Clock
  readonly api: KubeApi
  readonly kubernetesVersion: string
  readonly operator: Operator
  readonly operations: Operations
  readonly outgoing: Outgoing
  readonly settings: Pick<SettingsStore, "take">
  readonly logLevels: LogLevels
  readonly logTails: LogTails
  readonly storageClassBell: StorageClassBell
  /** How the line stands: undefined while connected, why not otherwise. */
  readonly central: (trouble: string | undefined) => void
  readonly pace: Pace | undefined
}

/** Registers when needed and keeps the stream; an identity that central gave up is asked for anew. */
export function conversation(options: ConversationOptions): Task {
  const { config, log, clock, api, kubernetesVersion, operator, outgoing, pace } = options
  return async (signal) => {
    const { central } = config
    if (!isTls(central) && !isLoopback(central.url))
      log.warn("central.plain", {
        url: central.url,
        next: "tokens and passwords cross the network unprotected; use https:// and PG_SWARM_CENTRAL_CA",
      })
    const identities = new IdentityStore(api, config.namespace)
    const kubernetesUid = await retried(
      "the identity of this Kubernetes",
      { clock, log },
      signal,
      () => uidOfKubernetes(api, signal),
    )
    let ended: string | undefined
    for (;;) {
      const identity = await approvedIdentity(
        {
          central,
          dial: () => dialCentral(central, undefined),
          identities,
          registration: registrationOf(options, kubernetesUid),
          trouble: (why) => options.central(ended === undefined ? why : `${ended}; ${why}`),
          clock,
          log,
          ...(pace === undefined ? {} : { pace: pace.approval }),
        },
        signal,
      )
      const end = await link(
        {
          dial: (own) => dialCentral(central, own),
          reason: (failure) => reasonOf(failure, central),
          clock,
          log,
          outgoing,
          hello: () => ({
            protocolVersion: satelliteProtocolVersion,
            satelliteVersion,
            kubernetesVersion,
            labels: config.labels,
            clusters: operator.hello(),
          }),
          received: (message) => receive(message, options),
          streamEnded: () => options.logTails.endAll(),
          state: options.central,
          ...(pace === undefined ? {} : { pace: pace.link }),
        },
        new Self(identity, { identities, clock, log, usesTls: isTls(central) }),
        signal,
      )
      ended = end.why
      log.error("identity.refused", {
        why: end.why,
        next: "this satellite registers anew and waits for approval; its clusters run on",
      })
      await retried("the identity Secret", { clock, log }, signal, () => identities.clear(signal))
      await clock.sleep(seconds(5), signal)
    }
  }
}

const registrationOf = (
  { config, kubernetesVersion }: ConversationOptions,
  kubernetesUid: string,
): Registration => ({
  site: config.site,
  kubernetesUid,
  kubernetesVersion,
  satelliteVersion,
  protocolVersion: satelliteProtocolVersion,
  labels: config.labels,
})

function receive(
  message: FromCentral,
  {
    operator,
    operations,
    outgoing,
    settings,
    logLevels,
    logTails,
    storageClassBell,
    log,
  }: ConversationOptions,
): void {
  switch (message.kind) {
    case "welcome": {
      const named = new Set(message.clusters.map(({ id }) => id))
      for (const desired of operator.held.values())
        if (desired.kind === "wanted" && !named.has(desiredId(desired)))
          log.warn("cluster.unknown-to-central", {
            cluster: desiredId(desired),
            name: desiredPlace(desired).name,
            next: "it runs on; only an explicit deletion removes it",
          })
      // First: what clusters mean here depends on them.
      if (message.settings !== undefined) settings.take(message.settings)
      for (const spec of message.clusters) operator.take(spec)
      return
    }
    case "site-settings":
      return settings.take(message.settings)
    case "refresh-storage-classes":
      return storageClassBell.ring()
    case "config":
      return operator.take(message.spec)
    case "delete-cluster":
      return operator.drop(message)
    case "events-ack":
      return outgoing.eventsAcknowledged(message.events)
    case "set-log-level": {
      const level = message.level === "own" ? undefined : parseLogLevel(message.level)
      if (level === undefined && message.level !== "own")
        return log.warn("log-level.unknown", { level: message.level })
      const { seconds: within = logLevelSeconds, clusterId } = message
      logLevels.set({ level, seconds: within, clusterId })
      return outgoing.say({ kind: "log-level-ack", level: message.level })
    }
    case "start-operation":
      return operations.start(message.order)
    case "cancel-operation":
      return operations.cancel(message.operation)
    case "operation-ack":
      outgoing.operationAcknowledged(message.operation, message.revision)
      return operations.acknowledged(message.operation, message.revision)
    case "start-log-tail":
      return logTails.start(message.order)
    case "stop-log-tail":
      return logTails.stop(message.tail)
    case "heartbeat-ack":
    case "new-token":
    case "certificate":
      return
  }
}

const isLoopback = (url: string): boolean =>
  /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(url).hostname)

/** By it central knows the same Kubernetes again. */
async function uidOfKubernetes(api: KubeApi, signal: AbortSignal): Promise<string> {
  const system = await api.get(kinds.Namespace, undefined, "kube-system", signal)
  const any = system ?? (await api.get(kinds.Namespace, undefined, "default", signal))
  return any?.metadata.uid ?? "unknown"
}
