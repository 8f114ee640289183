/**
 * What pg-swarm relies on in a Kubernetes, as facts about its API. Runs on microkube and on a real
 * Kubernetes; where they differ, microkube is wrong. No pod of these tests runs anywhere: their
 * status is written by the tests, so that a control plane without nodes is enough.
 */
import { after, before, describe } from "node:test"
import { applying } from "./contract/apply.suite.ts"
import { type Ground, groundOn, makeNamespace } from "./contract/ground.ts"
import { leases, statuses } from "./contract/leases.suite.ts"
import { owners } from "./contract/owners.suite.ts"
import { patches, selectors } from "./contract/patch.suite.ts"
import { RawKube } from "./contract/raw-kube.ts"
import { rights } from "./contract/rights.suite.ts"
import { services } from "./contract/services.suite.ts"
import { statefulSets } from "./contract/stateful-set.suite.ts"
import { versions } from "./contract/versions.suite.ts"
import { watches } from "./contract/watch.suite.ts"
import type { KubeUnderTest, OpenKube } from "./kubernetes-under-test.ts"

const parts = {
  "versions and conflicts": versions,
  watches,
  "server-side apply": applying,
  patches,
  selectors,
  "owners and finalizers": owners,
  "stateful sets": statefulSets,
  services,
  leases,
  statuses,
  rights,
}

/** Each part in a namespace of its own, which is deleted afterwards. */
export function contract(under: KubeUnderTest): void {
  describe(`the contract of Kubernetes, kept by ${under.name}`, { skip: under.skip }, () => {
    let opened: OpenKube
    let kube: RawKube
    before(async () => {
      opened = await under.open()
      kube = await RawKube.open(opened.kubeconfig)
    })
    after(async () => {
      kube[Symbol.dispose]()
      await opened[Symbol.asyncDispose]()
    })
    for (const [name, part] of Object.entries(parts)) {
      describe(name, () => {
        let ground: Ground
        before(async () => {
          ground = groundOn(kube, await makeNamespace(kube))
        })
        after(async () => {
          await kube.call("DELETE", `/api/v1/namespaces/${ground.namespace}`)
        })
        part(() => ground)
      })
    }
  })
}
