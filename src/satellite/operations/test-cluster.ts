/** What tests of operations begin with: a cluster of three, before and after its role has changed hands. */
import { randomUUID } from "node:crypto"
import { clusterId, clusterName, namespace, podName, type PodName, term } from "#core/ids.ts"
import type { Evidence, MemberEvidence } from "#core/switchover/outcome.ts"
import { Session } from "../hub/session.ts"

export const cluster = clusterId(randomUUID())
export const [a, b, c] = [podName("c-0"), podName("c-1"), podName("c-2")]
export const member = (pod: PodName, change: Partial<MemberEvidence> = {}): MemberEvidence => ({
  pod,
  servesIn: undefined,
  handOver: undefined,
  streams: true,
  ...change,
})
export const before: Pick<Evidence, "lease" | "members"> = {
  lease: { holder: a, term: term(3) },
  members: [member(a, { servesIn: term(3), streams: false }), member(b), member(c)],
}
export const after: Pick<Evidence, "lease" | "members"> = {
  lease: { holder: b, term: term(4) },
  members: [member(a), member(b, { servesIn: term(4), streams: false }), member(c)],
}

/** Of the primary's sidecar. */
export const session = (): Session =>
  new Session({
    cluster: clusterName("c"),
    namespace: namespace("test"),
    pod: a,
    podUid: "uid",
    protocolVersion: 1,
  })
