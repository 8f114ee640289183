/** Starts the satellite: everything that must be there before it may call itself the live one. */
import { label, managedBy } from "#core/names.ts"
import { seconds } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import { type KubeAccess, kubeconfigAccess, podAccess } from "#io/kube/access.ts"
import { KubeApi } from "#io/kube/api.ts"
import { type Offer, discover } from "#io/kube/discovery.ts"
import { isConflict } from "#io/kube/kube-error.ts"
import { kinds } from "#io/kube/kinds.ts"
import type { LogRing } from "#io/log-ring.ts"
import type { Log } from "#io/log.ts"
import type { Pace } from "./central/conversation.ts"
import type { Config, KubeSource } from "./config.ts"
import { figuresRegistry } from "./figures.ts"
import { type Started, live } from "./live.ts"
import { Outbox } from "./outbox.ts"
import { retried } from "./retried.ts"
import { fieldManager } from "./site/names.ts"
import { sidecarTls } from "./site/sidecar-tls.ts"
import { Single } from "./site/single.ts"
import { Standing } from "./standing.ts"
import { openStatusServer } from "./status-server.ts"

export type RunOptions = {
  readonly config: Config
  readonly log: Log
  /** Takes what `log` writes too, for those who follow it from afar. */
  readonly recent: LogRing
  /** Told once the site is managed, with or without central. */
  readonly started: (started: Started) => void
  readonly pace?: Pace
}

const clock = systemClock

export async function runSatellite(options: RunOptions, signal: AbortSignal): Promise<void> {
  const { config, log, recent } = options
  const patient = { clock, log }
  using outbox = new Outbox(config.outboxFile)
  if (outbox.setAside !== undefined)
    log.error("outbox.damaged", { file: outbox.setAside, next: "events begin anew" })
  const standing = new Standing()
  await using status = await openStatusServer({
    listen: config.healthListen,
    metrics: figuresRegistry(() => standing.figures(outbox)),
    notReady: () => standing.notReady,
    centralTrouble: () => standing.centralTrouble,
  })
  using api = new KubeApi(
    await retried("access to Kubernetes", patient, signal, () => accessTo(config.kube)),
  )
  const offer = await retried("the Kubernetes API", patient, signal, () => discover(api, signal))
  tellOffer(log, offer)
  await retried("the satellite's namespace", patient, signal, () =>
    ensureOwnNamespace(api, config.namespace, signal),
  )
  const single = new Single({ api, namespace: config.namespace, self: config.self, clock, log })
  standing.notReady = "another satellite may be live in this Kubernetes"
  await retried("being the only satellite", patient, signal, () => single.acquire(signal))
  const tls = await retried("the sidecars' certificate", patient, signal, () =>
    sidecarTls(api, config.namespace, clock.wall(), signal),
  )
  try {
    const parts = { config, log, recent, clock, api, offer, tls, outbox, standing, single }
    const { started, pace } = options
    await live({ ...parts, status: status.address, started, pace }, signal)
  } finally {
    await release(single, log)
  }
}

/** Lets the next satellite start at once; without it, that one waits until our Lease is old. */
async function release(single: Single, log: Log): Promise<void> {
  try {
    await single.release(AbortSignal.timeout(seconds(3)))
  } catch (failure) {
    log.warn("satellite.not-released", { failure })
  }
}

const accessTo = (source: KubeSource): Promise<KubeAccess> =>
  source.kind === "kubeconfig" ? kubeconfigAccess(source.file) : podAccess(source, source.folder)

function tellOffer(log: Log, offer: Offer): void {
  log.event("kubernetes.found", { version: offer.version })
  if (offer.disruptionBudgetVersion === undefined)
    log.warn("kubernetes.lacks", {
      kind: "PodDisruptionBudget",
      next: "left out: a drain may stop several members at once",
    })
}

async function ensureOwnNamespace(api: KubeApi, name: string, signal: AbortSignal): Promise<void> {
  if ((await api.get(kinds.Namespace, undefined, name, signal)) !== undefined) return
  const body = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { [label.managedBy]: managedBy } },
  }
  try {
    await api.create(kinds.Namespace, body, fieldManager, signal)
  } catch (failure) {
    if (!isConflict(failure)) throw failure
  }
}
