/** The live satellite of a Kubernetes: its parts, put together and run side by side. */
import { randomUUID } from "node:crypto"
import { present } from "#core/assert.ts"
import { desiredId, desiredPlace } from "#core/cluster/desired.ts"
import { objectNames, secretKey } from "#core/names.ts"
import type { Clock } from "#io/clock.ts"
import { type HostPort, formatHostPort } from "#io/config.ts"
import type { KubeApi } from "#io/kube/api.ts"
import type { Offer } from "#io/kube/discovery.ts"
import type { LogRing } from "#io/log-ring.ts"
import type { Log, LogLevel } from "#io/log.ts"
import { together } from "#io/together.ts"
import { type Pace, conversation } from "./central/conversation.ts"
import { Outgoing } from "./central/outgoing.ts"
import type { Config } from "./config.ts"
import { teller } from "./events.ts"
import { Health } from "./health.ts"
import { type Admission, Hub } from "./hub/hub.ts"
import type { Session } from "./hub/session.ts"
import { LogLevels } from "./log-levels.ts"
import { sourcesOf } from "./log-tails/source-of.ts"
import { LogTails } from "./log-tails/tails.ts"
import { Operations } from "./operations/operations.ts"
import { operationsSite } from "./operations/site.ts"
import { OperationStore } from "./operations/store.ts"
import { Applier } from "./operator/applier.ts"
import type { Context } from "./operator/context.ts"
import { Operator } from "./operator/operator.ts"
import { secretValues } from "./operator/secret.ts"
import type { Outbox } from "./outbox.ts"
import { retried } from "./retried.ts"
import { DesiredStore } from "./site/desired-store.ts"
import { Rollouts } from "./rollout/rollouts.ts"
import { satelliteAccount } from "./site/names.ts"
import type { SidecarTls } from "./site/sidecar-tls.ts"
import type { Single } from "./site/single.ts"
import { SettingsStore } from "./site/settings.ts"
import { followStorageClasses, StorageClassBell } from "./site/storage-classes.ts"
import { SiteView } from "./site/view.ts"
import type { Standing } from "./standing.ts"

export type LiveOptions = {
  readonly config: Config
  readonly log: Log
  /** What the satellite wrote to it lately. */
  readonly recent: LogRing
  readonly clock: Clock
  readonly api: KubeApi
  readonly offer: Offer
  readonly tls: SidecarTls
  readonly outbox: Outbox
  readonly standing: Standing
  readonly single: Single
  readonly status: HostPort
  readonly started: (started: Started) => void
  readonly pace: Pace | undefined
}

/** Where it really listens. */
export type Started = { readonly sidecars: HostPort; readonly status: HostPort }

/** Made last, because they and the others hear one another. */
type Later = { operator?: Operator; rollouts?: Rollouts }

type Parts = {
  readonly outgoing: Outgoing
  readonly view: SiteView
  readonly hub: Hub
  readonly health: Health
  readonly operations: Operations
  readonly settings: SettingsStore
  readonly logLevels: LogLevels
  readonly logTails: LogTails
}

/** Runs until `signal`, or until another satellite has taken over. */
export async function live(options: LiveOptions, outer: AbortSignal): Promise<void> {
  const { log, clock, api, standing } = options
  // What runs on its own, watches and passes, ends with the first task that ends.
  const stop = new AbortController()
  const signal = AbortSignal.any([outer, stop.signal])
  const later: Later = {}
  const parts = assemble(options, later, signal)
  const { hub, health, outgoing, view, operations, settings, logLevels, logTails } = parts
  const storageClassBell = new StorageClassBell()
  await using _hub = hub
  using _levels = logLevels
  using _tails = logTails
  const sidecars = await hub.open()
  const context = contextOf(options, parts, sidecars, later)
  const operator = new Operator({
    context,
    acknowledge: (id, version, outcome) => outgoing.acknowledge(id, version, outcome),
    removed: (id, how, place) => {
      if (how.gone) hub.forget(place.namespace, place.name)
      outgoing.removed(id, how)
    },
    touched: (id) => {
      health.touch(id)
      operations.touched(id)
      rollouts.poke(id)
    },
    signal,
  })
  later.operator = operator
  const rollouts = rolloutsOf(parts, context, operator, signal)
  later.rollouts = rollouts
  try {
    await retried("the stored settings", { clock, log }, signal, () => settings.load(signal))
    await retried("the stored state", { clock, log }, signal, () => operator.start(signal))
    await retried("the stored operations", { clock, log }, signal, () => operations.load(signal))
    standing.live(operator, hub)
    log.event("satellite.ready", {
      sidecars: formatHostPort(sidecars),
      health: formatHostPort(options.status),
    })
    options.started({ sidecars, status: options.status })
    const changed = (classes: Parameters<Outgoing["storageClasses"]>[0]): void =>
      outgoing.storageClasses(classes)
    await together(
      signal,
      (until) => operator.resync(until),
      (until) => health.run(until),
      (until) => options.single.keep(until),
      (until) => settings.run(until),
      (until) => followStorageClasses({ api, clock, log, changed, bell: storageClassBell }, until),
      conversation({
        ...options,
        kubernetesVersion: options.offer.version,
        operator,
        operations,
        outgoing,
        settings,
        logLevels,
        logTails,
        storageClassBell,
        central: (trouble) => {
          standing.centralTrouble = trouble
        },
      }),
    )
  } finally {
    standing.notReady = "stopping"
    stop.abort()
    await Promise.all([operator.ended(), operations.ended(), rollouts.ended(), view.ended()])
  }
}

/** The operator comes last, because it and the others hear one another. */
function assemble(options: LiveOptions, later: Readonly<Later>, signal: AbortSignal): Parts {
  const operator = (): Operator =>
    present(later.operator, "nothing is heard before the operator is there")
  const { config, log, clock, api, outbox, tls, offer } = options
  const outgoing = new Outgoing(outbox, clock, (failure) => log.error("outbox.failed", { failure }))
  const view = new SiteView({
    api,
    clock,
    log,
    disruptionBudgetVersion: offer.disruptionBudgetVersion,
    changed: (change) => operator().changed(change),
    signal,
  })
  const hub: Hub = new Hub({
    listen: config.sidecarListen,
    tls: tls.serving,
    clock,
    log,
    outbox,
    // The port opens a moment before the operator: nobody is let in yet.
    admission: (namespace, cluster) =>
      later.operator === undefined
        ? undefined
        : admission(later.operator, view, namespace, cluster),
    heard: (cluster) => {
      health.touch(cluster)
      operations.touched(cluster)
      later.rollouts?.poke(cluster)
    },
    connected: (cluster, session) => tellLevel(session, logLevels.ofSidecars(cluster)),
    handOver: (cluster, pod, progress) => {
      operations.heard(cluster, pod, progress)
      later.rollouts?.heard(cluster, pod, progress)
    },
  })
  const operations: Operations = new Operations({
    clock,
    log,
    store: new OperationStore(api, config.namespace, log),
    site: operationsSite({ operator, hub, view }),
    say: (report) => outgoing.operation(report),
    signal,
  })
  const health: Health = new Health({
    view,
    hub,
    operator,
    clock,
    change: (cluster) => later.rollouts?.change(cluster),
    send: (seen) => outgoing.health(seen),
    primaryChanged: (cluster) => operator().poke(cluster),
  })
  const logLevels: LogLevels = levelsOf(options, operator, hub)
  const logTails = tailsOf(options, operator, outgoing)
  const settings = new SettingsStore({
    api,
    namespace: config.namespace,
    site: config.site,
    clock,
    log,
    changed: () => operator().pokeAll(),
  })
  return { outgoing, view, hub, health, operations, settings, logLevels, logTails }
}

function tailsOf(
  { log, clock, api, recent }: LiveOptions,
  operator: () => Operator,
  outgoing: Outgoing,
): LogTails {
  const tails = new LogTails({
    clock,
    log,
    sourceOf: sourcesOf({ api, clock, recent, held: () => operator().held }),
    ready: () => outgoing.wake(),
  })
  outgoing.beside(() => {
    const batch = tails.next()
    return batch === undefined ? undefined : { kind: "log-tail", batch }
  })
  return tails
}

const rolloutsOf = (
  { hub, health, operations }: Parts,
  context: Context,
  operator: Operator,
  signal: AbortSignal,
): Rollouts =>
  new Rollouts({
    context,
    operator: () => operator,
    hub,
    members: (spec) => health.members({ kind: "wanted", spec }),
    busy: (id) => operations.busyWith(id),
    touched: (id) => health.touch(id),
    signal,
  })

const levelsOf = (
  { log, config, clock }: LiveOptions,
  operator: () => Operator,
  hub: Hub,
): LogLevels =>
  new LogLevels({
    log,
    own: config.logLevel,
    clock,
    tellSidecars: (cluster, level) => {
      const desired = operator().held.get(cluster)
      if (desired === undefined) return
      const { namespace, name } = desiredPlace(desired)
      for (const session of hub.ofCluster(namespace, name)) tellLevel(session, level)
    },
  })

const tellLevel = (session: Session, level: LogLevel): void =>
  session.send({ kind: "set-log-level", id: randomUUID(), level })

const contextOf = (
  options: LiveOptions,
  parts: Parts,
  sidecars: HostPort,
  later: Readonly<Later>,
): Context => ({
  api: options.api,
  view: parts.view,
  applier: new Applier(options.api, parts.view),
  store: new DesiredStore(options.api, options.config.namespace, options.log),
  clock: options.clock,
  log: options.log,
  tell: teller(options.outbox, options.clock, options.log),
  site: {
    failoverImage: options.config.failoverImage,
    satelliteAddress: advertised(options.config, sidecars),
    disruptionBudgetVersion: options.offer.disruptionBudgetVersion,
  },
  settings: () => parts.settings.now,
  satelliteCa: options.tls.authority,
  account:
    options.config.kube.kind === "pod"
      ? { name: satelliteAccount, namespace: options.config.namespace }
      : undefined,
  records: new Map(),
  healthyPrimary: (cluster) => parts.health.primary(cluster),
  guide: (spec, signal) =>
    present(later.rollouts, "no pass begins before rollouts are there").guide(spec, signal),
})

/** The token that sidecars of a cluster must show, from the Secret that the view holds. */
function admission(
  operator: Operator,
  view: SiteView,
  namespace: string,
  cluster: string,
): Admission | undefined {
  for (const desired of operator.held.values()) {
    const place = desiredPlace(desired)
    if (place.namespace !== namespace || place.name !== cluster) continue
    const secret = view.get("Secret", namespace, objectNames(place.name).secret)
    const token =
      secret === undefined ? undefined : secretValues(secret).get(secretKey.sidecarToken)
    if (token !== undefined) return { clusterId: desiredId(desired), token }
  }
  return undefined
}

/** Where sidecars dial; a port that the system chose is known only now. */
const advertised = (config: Config, listening: HostPort): string =>
  config.sidecarAddress.endsWith(":0")
    ? `${config.sidecarAddress.slice(0, -2)}:${listening.port}`
    : config.sidecarAddress
