/**
 * What of a satellite a cluster of real members needs for operations: the real hub and the real operations,
 * kept in the real API, with a Lease that is read instead of watched.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { randomUUID } from "node:crypto"
import type { HandOverProgress } from "#core/cluster/sidecar.ts"
import { operationId, type OperationId, type PodName } from "#core/ids.ts"
import { configKey, satelliteServerName, secretKey } from "#core/names.ts"
import { isOver, type OperationReport, type OperationWish } from "#core/switchover/operation.ts"
import type { Evidence } from "#core/switchover/outcome.ts"
import { issue, newAuthority } from "#io/certificates/authority.ts"
import { systemClock } from "#io/clock.ts"
import { formatHostPort } from "#io/config.ts"
import { silentLog } from "#io/log.ts"
import { millis } from "#core/units.ts"
import { Hub, type HubOptions } from "../../src/satellite/hub/hub.ts"
import type { Session } from "../../src/satellite/hub/session.ts"
import { Operations } from "../../src/satellite/operations/operations.ts"
import { evidence } from "../../src/satellite/operations/site.ts"
import { OperationStore } from "../../src/satellite/operations/store.ts"
import { Outbox } from "../../src/satellite/outbox.ts"
import type { FailoverCluster } from "./failover-cluster.ts"

export class SiteStandIn implements AsyncDisposable {
  readonly cluster: FailoverCluster
  /** Every word of a sidecar about a hand-over, as it came. */
  readonly progress: HandOverProgress[] = []
  readonly reports = new Map<OperationId, OperationReport>()
  readonly #outbox = new Outbox(":memory:")
  readonly #hub: Hub
  readonly #stop = new AbortController()
  #operations: Operations
  #operationsStop = new AbortController()
  #lease: Evidence["lease"]
  #watching: Promise<void> = Promise.resolve()

  private constructor(cluster: FailoverCluster, tls: HubOptions["tls"]) {
    this.cluster = cluster
    const { id, name, namespace } = cluster.spec
    const token = readFileSync(join(cluster.folder, "secret", secretKey.sidecarToken), "utf8")
    this.#hub = new Hub({
      listen: { host: "127.0.0.1", port: 0 },
      tls,
      clock: systemClock,
      log: silentLog,
      outbox: this.#outbox,
      admission: (at, named) =>
        at === namespace && named === name ? { clusterId: id, token } : undefined,
      heard: (one) => this.#operations.touched(one),
      handOver: (one, pod, progress) => {
        this.progress.push(progress)
        this.#operations.heard(one, pod, progress)
      },
    })
    this.#operations = this.#newOperations()
  }

  static async open(cluster: FailoverCluster): Promise<SiteStandIn> {
    const ca = await newAuthority("site", Date.now(), 2)
    const site = new SiteStandIn(cluster, await issue(ca, satelliteServerName, Date.now(), 1))
    const address = formatHostPort(await site.#hub.open())
    const secret = join(cluster.folder, "secret", secretKey.satelliteCa)
    const pod = join(cluster.folder, "config", configKey.podConfig)
    writeFileSync(secret, ca.certificate)
    writeFileSync(
      pod,
      JSON.stringify({ ...JSON.parse(readFileSync(pod, "utf8")), satelliteAddress: address }),
    )
    for (const file of [secret, pod]) cluster.own(file)
    site.#watching = site.#watch()
    await site.connected()
    return site
  }

  /** Until every member's sidecar has said how it is. */
  async connected(): Promise<void> {
    await this.cluster.until("every sidecar is connected to the site", () =>
      this.cluster.members.every(({ pod }) => this.report(pod) !== undefined),
    )
  }

  report(pod: PodName) {
    return this.session(pod) === undefined
      ? undefined
      : this.#hub.report(this.cluster.namespace, pod, undefined)?.status
  }

  session(pod: PodName): Session | undefined {
    return this.#hub.session(this.cluster.namespace, pod)
  }

  #newOperations(): Operations {
    const { cluster } = this
    return new Operations({
      clock: systemClock,
      log: silentLog,
      store: new OperationStore(cluster.api, cluster.namespace, silentLog),
      site: {
        whyNot: () => undefined,
        look: () => this.#look(),
        primary: () =>
          this.#look()
            .members.flatMap(({ pod, servesIn }) =>
              servesIn === undefined ? [] : [{ pod, term: servesIn }],
            )
            .toSorted((a, b) => b.term - a.term)[0],
        sidecar: (_, pod) => this.session(pod),
      },
      say: (report) => this.reports.set(report.operation, report),
      signal: this.#operationsStop.signal,
    })
  }

  #look(): Pick<Evidence, "lease" | "members"> {
    const { members, namespace } = this.cluster
    return {
      lease: this.#lease,
      members: members.map(({ pod }) =>
        evidence(pod, this.#hub.report(namespace, pod, undefined)?.status),
      ),
    }
  }

  async #watch(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const { holder, term } = await this.cluster.lease()
        this.#lease = { holder: holder?.pod, term }
      } catch {
        // The API is away: the last that was seen counts.
      }
      await systemClock.sleep(millis(200), this.#stop.signal).catch(() => undefined)
    }
  }

  /** The satellite dies. */
  async kill(): Promise<void> {
    this.#operationsStop.abort(new Error("the satellite was killed"))
    await this.#operations.ended()
  }

  /** Another one comes: what it does next it finds in what was kept. */
  async revive(): Promise<void> {
    this.#operationsStop = new AbortController()
    this.#operations = this.#newOperations()
    await this.#operations.load(this.#stop.signal)
  }

  start(to: PodName | undefined, operation = operationId(randomUUID())): OperationId {
    return this.begin({ kind: "switchover", to }, operation)
  }

  begin(wish: OperationWish, operation = operationId(randomUUID())): OperationId {
    this.#operations.start({ operation, clusterId: this.cluster.spec.id, ...wish })
    return operation
  }

  cancel(operation: OperationId): void {
    this.#operations.cancel(operation)
  }

  /** Until the first word of a sidecar, from now on, that `is` true for. */
  async until(what: string, is: (progress: HandOverProgress) => boolean): Promise<void> {
    const from = this.progress.length
    await this.cluster.until(what, () => this.progress.slice(from).some(is))
  }

  async over(operation: OperationId): Promise<OperationReport> {
    let last: OperationReport | undefined
    await this.cluster.until("the operation is over", () => {
      last = this.reports.get(operation)
      return last !== undefined && isOver(last.state)
    })
    if (last === undefined) throw new Error("the operation was never told of")
    return last
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error("the test ends"))
    this.#operationsStop.abort(new Error("the test ends"))
    await this.#operations.ended()
    await this.#watching
    await this.#hub[Symbol.asyncDispose]()
    this.#outbox[Symbol.dispose]()
  }
}
