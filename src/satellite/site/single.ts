/**
 * One live satellite in a Kubernetes: Lease `pg-swarm-satellite`. Who finds it held waits. Ages are
 * measured on our own clock from when we saw the Lease change; clocks of machines are never compared.
 */
import { randomUUID } from "node:crypto"
import { type Millis, seconds } from "#core/units.ts"
import { label, managedBy } from "#core/names.ts"
import type { Clock } from "#io/clock.ts"
import { type KubeApi, type Live, isRecord } from "#io/kube/api.ts"
import { isConflict } from "#io/kube/kube-error.ts"
import { kinds } from "#io/kube/kinds.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import { isStop } from "#io/together.ts"
import { fieldManager, satelliteLease } from "./names.ts"

export type SingleOptions = {
  readonly api: KubeApi
  readonly namespace: string
  readonly self: { readonly name: string; readonly isPod: boolean }
  readonly clock: Clock
  readonly log: Log
}

const heldFor = seconds(15)
const renewEvery = seconds(5)

export class Single {
  readonly #options: SingleOptions
  readonly #holder: string

  constructor(options: SingleOptions) {
    this.#options = options
    this.#holder = `${options.self.name}/${randomUUID()}`
  }

  /** Resolves once this satellite is the live one. */
  async acquire(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    let seen: { readonly version: string; readonly at: number } | undefined
    let toldOf = ""
    for (;;) {
      const live = await this.#read(signal)
      const version = live?.metadata.resourceVersion ?? ""
      if (seen?.version !== version) seen = { version, at: clock.now() }
      const holder = holderOf(live)
      const isFree = holder === undefined || this.#isOurPast(holder)
      if (isFree || clock.now() - seen.at > heldFor)
        if (await this.#take(live, signal)) {
          log.event("satellite.live", { holder: this.#holder })
          return
        }
      if (!isFree && holder !== toldOf) {
        toldOf = holder
        log.event("satellite.waiting", { holder, why: "another satellite is live here" })
      }
      await clock.sleep(isFree ? seconds(1) : seconds(2), signal)
    }
  }

  /** A container that was restarted in our pod: the one before it cannot be alive. */
  #isOurPast(holder: string): boolean {
    const { name, isPod } = this.#options.self
    return isPod && holder.startsWith(`${name}/`)
  }

  /** Runs until `signal`; throws when another satellite took over. */
  async keep(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    for (;;) {
      await clock.sleep(renewEvery, signal)
      try {
        const live = await this.#read(signal)
        const holder = holderOf(live)
        if (holder !== undefined && holder !== this.#holder)
          throw new Outage("SATELLITE_REPLACED", `${holder} is the live satellite now`)
        await this.#take(live, signal)
      } catch (failure) {
        if (isStop(failure, signal)) throw failure
        if (failure instanceof Outage && failure.code === "SATELLITE_REPLACED") throw failure
        // Without the API nobody else can become live either; what we do needs the API as well.
        log.warn("satellite.not-renewed", { failure })
      }
    }
  }

  /** Lets the next one start at once. */
  async release(signal: AbortSignal): Promise<void> {
    const live = await this.#read(signal)
    if (live === undefined || holderOf(live) !== this.#holder) return
    await this.#write({ ...live, spec: { holderIdentity: "", leaseDurationSeconds: 1 } }, signal)
  }

  async #read(signal: AbortSignal): Promise<Live | undefined> {
    const { api, namespace } = this.#options
    return api.get(kinds.Lease, namespace, satelliteLease, signal)
  }

  /** Compare-and-set; false when somebody was faster. */
  async #take(live: Live | undefined, signal: AbortSignal): Promise<boolean> {
    const spec = {
      holderIdentity: this.#holder,
      leaseDurationSeconds: heldFor / 1000,
      renewTime: microTime(this.#options.clock.wall()),
    }
    try {
      if (live !== undefined) await this.#write({ ...live, spec }, signal)
      else
        await this.#options.api.create(
          kinds.Lease,
          {
            apiVersion: kinds.Lease.apiVersion,
            kind: "Lease",
            metadata: {
              name: satelliteLease,
              namespace: this.#options.namespace,
              labels: { [label.managedBy]: managedBy },
            },
            spec,
          },
          fieldManager,
          signal,
        )
      return true
    } catch (failure) {
      if (isConflict(failure)) return false
      throw failure
    }
  }

  async #write(lease: Live, signal: AbortSignal): Promise<void> {
    await this.#options.api.replace(kinds.Lease, lease, fieldManager, signal)
  }
}

/** RFC 3339 with microseconds, as Leases have it. */
const microTime = (wall: Millis | number): string =>
  new Date(wall).toISOString().replace("Z", "000Z")

function holderOf(live: Live | undefined): string | undefined {
  const spec = isRecord(live?.["spec"]) ? live["spec"] : {}
  const holder = spec["holderIdentity"]
  return typeof holder === "string" && holder !== "" ? holder : undefined
}
