/**
 * What central decided about this site as a whole, kept in one ConfigMap: a satellite that restarts
 * without central still knows what a tier means here. The newest word counts at once, and is kept as soon
 * as Kubernetes takes it.
 */
import { backoff } from "#core/backoff.ts"
import type { SiteSettings } from "#core/fleet/settings.ts"
import { label, managedBy } from "#core/names.ts"
import { seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import { type KubeApi, isRecord } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import type { Log } from "#io/log.ts"
import { isStop } from "#io/together.ts"
import { readStoredSiteSettings, storeSiteSettings } from "#wire/site-settings.ts"
import { fieldManager } from "./names.ts"

const objectName = "pg-swarm-site-settings"
const key = "settings.json"
const bounds = { first: seconds(0.5), longest: seconds(30) }

export type SettingsOptions = {
  readonly api: KubeApi
  readonly namespace: string
  /** What the satellite is called until central says its name. */
  readonly site: string
  readonly clock: Clock
  readonly log: Log
  /** They changed: whatever depends on them is looked at again. */
  readonly changed: () => void
}

export class SettingsStore {
  readonly #options: SettingsOptions
  #now: SiteSettings
  #kept = ""
  #wake: () => void = () => {}

  constructor(options: SettingsOptions) {
    this.#options = options
    this.#now = { satelliteName: options.site, tiers: {}, imageMirror: undefined }
  }

  get now(): SiteSettings {
    return this.#now
  }

  /** Takes up what the site has kept; nothing, where central never spoke. */
  async load(signal: AbortSignal): Promise<void> {
    const { api, namespace, log } = this.#options
    const live = await api.get(kinds.ConfigMap, namespace, objectName, signal)
    const text = isRecord(live?.["data"]) ? live["data"][key] : undefined
    if (typeof text !== "string") return
    const read = readStoredSiteSettings(text)
    if (read.kind === "bad") return log.error("settings.unreadable", { problems: read.problems })
    this.#now = read.value
    this.#kept = storeSiteSettings(read.value)
  }

  /** Central's word. The same again changes nothing. */
  take(settings: SiteSettings): void {
    if (storeSiteSettings(settings) === storeSiteSettings(this.#now)) return
    this.#now = settings
    this.#options.log.event("settings.changed", { tiers: settings.tiers })
    this.#wake()
    this.#options.changed()
  }

  /** Keeps what was taken, until `signal`. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options
    const stop = (): void => this.#wake()
    signal.addEventListener("abort", stop, { once: true })
    for (let attempt = 0; !signal.aborted;) {
      const text = storeSiteSettings(this.#now)
      if (text === this.#kept) {
        await new Promise<void>((resolve) => (this.#wake = resolve))
        continue
      }
      try {
        await this.#save(text, signal)
        this.#kept = text
        attempt = 0
      } catch (failure) {
        if (isStop(failure, signal)) throw failure
        log.warn("settings.unsaved", { failure })
        await clock.sleep(backoff(attempt, Math.random(), bounds), signal)
        attempt += 1
      }
    }
  }

  async #save(text: string, signal: AbortSignal): Promise<void> {
    const { api, namespace } = this.#options
    const map = {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: objectName, namespace, labels: { [label.managedBy]: managedBy } },
      data: { [key]: text },
    }
    await api.apply(kinds.ConfigMap, map, fieldManager, signal)
  }
}
