/** What an order means at this site: only this program's own log, and those of members of its clusters. */
import { desiredPlace } from "#core/cluster/desired.ts"
import { ordinalOf, memberPod } from "#core/ids.ts"
import type { TailOrder } from "#core/logs/tail.ts"
import type { Clock } from "#io/clock.ts"
import type { KubeApi } from "#io/kube/api.ts"
import type { LogRing } from "#io/log-ring.ts"
import type { Operator } from "../operator/operator.ts"
import { memberLog } from "./member.ts"
import { ownLog } from "./own.ts"
import type { Source } from "./source.ts"

export type Site = {
  readonly api: KubeApi
  readonly clock: Clock
  readonly recent: LogRing
  readonly held: () => Operator["held"]
}

export const sourcesOf =
  ({ api, clock, recent, held }: Site) =>
  ({ source }: TailOrder): Source => {
    if (source.kind === "satellite") return ownLog(recent)
    const { clusterId, pod, container } = source
    const desired = held().get(clusterId)
    if (desired === undefined) return gone("the site has no such cluster")
    const { namespace, name } = desiredPlace(desired)
    // Whatever is asked for, no other pod of the namespace is read.
    const ordinal = ordinalOf(pod)
    if (ordinal === undefined || memberPod(name, ordinal) !== pod)
      return gone(`${pod} is no member of ${name}`)
    return memberLog({ api, clock, namespace, pod, container })
  }

const gone =
  (why: string): Source =>
  async () =>
    Promise.resolve({ end: "gone", why })
