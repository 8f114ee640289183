/** The StorageClasses of the site, told to central whenever they change. */
import { minutes } from "#core/units.ts"
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

/** Runs until `signal`; `changed` hears the first reading and every other one. */
export async function followStorageClasses(
  options: {
    readonly api: KubeApi
    readonly clock: Clock
    readonly log: Log
    readonly changed: (classes: StorageClasses) => void
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
    await options.clock.sleep(askEvery, signal)
  }
}
