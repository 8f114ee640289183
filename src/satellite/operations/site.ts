/** What operations see of the site: members by their sidecars' words, and the Lease by the watch. */
import { type Desired, desiredPlace } from "#core/cluster/desired.ts"
import type { SidecarStatus } from "#core/cluster/sidecar.ts"
import { type ClusterId, memberPod, type PodName } from "#core/ids.ts"
import { objectNames } from "#core/names.ts"
import type { MemberEvidence } from "#core/switchover/outcome.ts"
import { parseLease } from "#io/kube/lease.ts"
import type { Hub } from "../hub/hub.ts"
import type { Operator } from "../operator/operator.ts"
import type { SiteView } from "../site/view.ts"
import type { Site } from "./operations.ts"
import type { Look } from "./switchover.ts"

export type SiteParts = {
  readonly operator: () => Operator
  readonly hub: Hub
  readonly view: SiteView
}

export function operationsSite({ operator, hub, view }: SiteParts): Site {
  const desiredOf = (id: ClusterId): Desired | undefined => operator().held.get(id)
  const look = (id: ClusterId): Look => {
    const desired = desiredOf(id)
    if (desired?.kind !== "wanted") return { lease: undefined, members: [] }
    const { name, namespace, members } = desired.spec
    const live = view.get("Lease", namespace, objectNames(name).lease)
    const lease = live === undefined ? undefined : parseLease(live)
    const pods = Array.from({ length: members }, (_, ordinal) => memberPod(name, ordinal))
    return {
      lease: lease === undefined ? undefined : { holder: lease.holder?.pod, term: lease.term },
      members: pods.map((pod) => {
        const uid = view.get("Pod", namespace, pod)?.metadata.uid
        const report = uid === undefined ? undefined : hub.report(namespace, pod, uid)
        return evidence(pod, report?.status)
      }),
    }
  }
  return {
    look,
    whyNot: (id, kind) => {
      const desired = desiredOf(id)
      if (desired === undefined) return "this site does not run the cluster"
      if (desired.kind === "deleting") return "the cluster is being deleted"
      return kind === "switchover" && desired.spec.members < 2
        ? "the cluster has one member only"
        : undefined
    },
    primary: (id) =>
      look(id)
        .members.flatMap(({ pod, servesIn }) =>
          servesIn === undefined ? [] : [{ pod, term: servesIn }],
        )
        .toSorted((a, b) => b.term - a.term)[0],
    sidecar: (id, pod) => {
      const desired = desiredOf(id)
      return desired === undefined ? undefined : hub.session(desiredPlace(desired).namespace, pod)
    },
  }
}

/** What one member says of itself that matters to a switchover. */
export function evidence(pod: PodName, status: SidecarStatus | undefined): MemberEvidence {
  const health = status?.health
  const serves = status?.holdsLease === true && health?.role === "primary"
  return {
    pod,
    servesIn: serves ? status.term : undefined,
    handOver: status?.handOver,
    streams: health?.role === "replica" && health.phase === "streaming",
  }
}
