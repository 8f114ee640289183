/** The StorageClasses of the site, told to central whenever they change. */
import { type Millis, minutes } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { KubeApi, Live } from "#io/kube/api.ts"
import { KubeError } from "#io/kube/kube-error.ts"
import { kinds } from "#io/kube/kinds.ts"
import type { Log } from "#io/log.ts"
import { isStop } from "#io/together.ts"

export type StorageClasses = {
  readonly names: readonly string[]
  readonly defaultName: string | undefined
}

const classesMax = 200
const askEvery = minutes(5)

const isDefault = ({ metadata }: Live): boolean =>
  metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true" ||
  metadata.annotations?.["storageclass.beta.kubernetes.io/is-default-class"] === "true"

export async function readStorageClasses(
  api: KubeApi,
  signal: AbortSignal,
): Promise<StorageClasses> {
  const { items } = await api.list(kinds.StorageClass, undefined, {}, signal)
  const names = items.map(({ metadata }) => metadata.name).toSorted()
  return {
    names: names.slice(0, classesMax),
    defaultName: items.find(isDefault)?.metadata.name,
  }
}

/** Asks for a reading at once. */
export class StorageClassBell {
  #ring: () => void = () => {}
  #rung = false

  ring(): void {
    this.#rung = true
    this.#ring()
  }

  /** Waits for a ring, or for `within`; says whether it was rung. */
  async wait(clock: Clock, within: Millis, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted()
    if (!this.#rung)
      await new Promise<void>((resolve) => {
        const done = (): void => {
          silence()
          signal.removeEventListener("abort", done)
          resolve()
        }
        const silence = clock.alarm(within, done)
        signal.addEventListener("abort", done, { once: true })
        this.#ring = done
      })
    signal.throwIfAborted()
    const was = this.#rung
    this.#rung = false
    return was
  }
}

/** Runs until `signal`; `changed` hears the first reading, every other one, and each that was asked for. */
export async function followStorageClasses(
  options: {
    readonly api: KubeApi
    readonly clock: Clock
    readonly log: Log
    readonly changed: (classes: StorageClasses) => void
    readonly bell: StorageClassBell
  },
  signal: AbortSignal,
): Promise<void> {
  let last = ""
  for (;;) {
    try {
      const classes = await readStorageClasses(options.api, signal)
      const text = JSON.stringify(classes)
      if (text !== last) options.changed(classes)
      last = text
    } catch (failure) {
      if (isStop(failure, signal)) throw failure
      const status = failure instanceof KubeError ? failure.status : undefined
      // A server without this kind, or one that does not let us look: central shows no list then.
      options.log.warn("storage-classes.unread", { status, failure })
    }
    if (await options.bell.wait(options.clock, askEvery, signal)) last = ""
  }
}
