/** StatefulSets: identity, order, claims, adoption. No pod of these runs: no scheduler takes them. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type Ground, type GroundOf, idlePodSpec, runningStatus, setPodStatus } from "./ground.ts"
import { type Json, at, list, nameOf, text, uidOf } from "./raw-kube.ts"

type Made = { readonly spec?: object; readonly replicas?: number }

const setOf = (name: string, { spec = {}, replicas = 2 }: Made = {}): object => ({
  metadata: { name },
  spec: {
    replicas,
    serviceName: `${name}-headless`,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: idlePodSpec },
    ...spec,
  },
})

const parallel = { podManagementPolicy: "Parallel", updateStrategy: { type: "OnDelete" } }

/** Waits until the set's pods are just these. */
const podsAre = (
  { kube, path }: Ground,
  set: string,
  names: readonly string[],
): Promise<readonly Json[]> =>
  kube.until(
    path("pods"),
    (all) => {
      const found = all.filter((one) => at(one, "metadata", "deletionTimestamp") === undefined)
      return JSON.stringify(found.map(nameOf)) === JSON.stringify(names) ? found : undefined
    },
    { labelSelector: `app=${set}` },
  )

export function statefulSets(on: GroundOf): void {
  test("in parallel all pods are made at once, each with its name, labels and owner", async () => {
    const ground = on()
    const set = await ground.kube.create(
      ground.path("statefulsets"),
      setOf("ss-par", { spec: parallel }),
    )
    const pods = await podsAre(ground, "ss-par", ["ss-par-0", "ss-par-1"])
    for (const pod of pods) {
      assert.equal(at(pod, "metadata", "labels", "statefulset.kubernetes.io/pod-name"), nameOf(pod))
      assert.match(text(pod, "metadata", "labels", "controller-revision-hash"), /^ss-par-/)
      assert.equal(at(pod, "spec", "hostname"), nameOf(pod))
      assert.equal(at(pod, "spec", "subdomain"), "ss-par-headless")
      const owner = list(pod, "metadata", "ownerReferences")[0]
      assert.equal(at(owner, "uid"), uidOf(set))
      assert.equal(at(owner, "controller"), true)
    }
  })

  test("in order a pod is made when the one before it is ready", async () => {
    const ground = on()
    await ground.kube.create(ground.path("statefulsets"), setOf("ss-ord"))
    await podsAre(ground, "ss-ord", ["ss-ord-0"])
    await setPodStatus(ground, "ss-ord-0", runningStatus("10.0.0.1", true))
    await podsAre(ground, "ss-ord", ["ss-ord-0", "ss-ord-1"])
  })

  test("a deleted pod comes back under its name, as another pod", async () => {
    const ground = on()
    const { kube, path } = ground
    await kube.create(path("statefulsets"), setOf("ss-back", { spec: parallel }))
    const [before] = await podsAre(ground, "ss-back", ["ss-back-0", "ss-back-1"])
    assert.ok(before !== undefined)
    await kube.must(200, "DELETE", path("pods", "ss-back-0"))
    const after = await kube.until(path("pods"), (all) =>
      all.find((one) => nameOf(one) === "ss-back-0" && uidOf(one) !== uidOf(before)),
    )
    assert.notEqual(uidOf(after), uidOf(before))
  })

  test("each ordinal has its claim, which outlives pod and set", async () => {
    const ground = on()
    const { kube, path } = ground
    const volumeClaimTemplates = [
      {
        metadata: { name: "data" },
        spec: {
          storageClassName: "there-is-none",
          accessModes: ["ReadWriteOnce"],
          resources: { requests: { storage: "1024Mi" } },
        },
      },
    ]
    await kube.create(
      path("statefulsets"),
      setOf("ss-pvc", { spec: { ...parallel, volumeClaimTemplates } }),
    )
    const [pod] = await podsAre(ground, "ss-pvc", ["ss-pvc-0", "ss-pvc-1"])
    const volume = list(pod, "spec", "volumes").find((one) => at(one, "name") === "data")
    assert.equal(at(volume, "persistentVolumeClaim", "claimName"), "data-ss-pvc-0")
    const claim = await kube.get(path("persistentvolumeclaims", "data-ss-pvc-0"))
    assert.equal(at(claim, "metadata", "labels", "app"), "ss-pvc")
    assert.equal(at(claim, "spec", "resources", "requests", "storage"), "1Gi")
    assert.equal(list(claim, "metadata", "ownerReferences").length, 0)
    await kube.must(200, "DELETE", path("pods", "ss-pvc-0"))
    await kube.until(path("pods"), (all) =>
      all.find((one) => nameOf(one) === "ss-pvc-0" && uidOf(one) !== uidOf(pod ?? null)),
    )
    await kube.must(200, "DELETE", path("statefulsets", "ss-pvc"), {
      body: { propagationPolicy: "Foreground" },
    })
    await podsAre(ground, "ss-pvc", [])
    const kept = await kube.get(path("persistentvolumeclaims", "data-ss-pvc-0"))
    assert.equal(uidOf(kept), uidOf(claim))
  })

  test("scaling down takes the last ordinals", async () => {
    const ground = on()
    const { kube, path } = ground
    await kube.create(path("statefulsets"), setOf("ss-scale", { spec: parallel, replicas: 3 }))
    await podsAre(ground, "ss-scale", ["ss-scale-0", "ss-scale-1", "ss-scale-2"])
    const scale = path("statefulsets", "ss-scale", "scale")
    assert.equal(at(await kube.get(scale), "spec", "replicas"), 3)
    assert.equal((await kube.patch("merge", scale, { spec: { replicas: 1 } })).status, 200)
    await podsAre(ground, "ss-scale", ["ss-scale-0"])
  })

  test("with OnDelete a new template waits for its pod to be deleted", async () => {
    const ground = on()
    const { kube, path } = ground
    await kube.create(path("statefulsets"), setOf("ss-del", { spec: parallel, replicas: 1 }))
    const [before] = await podsAre(ground, "ss-del", ["ss-del-0"])
    // The first template must be on record, or the second is taken for the first.
    await kube.until(path("statefulsets"), (all) =>
      all.find((one) => nameOf(one) === "ss-del" && at(one, "status", "replicas") === 1),
    )
    const changed = await kube.patch("strategic", path("statefulsets", "ss-del"), {
      spec: { template: { metadata: { annotations: { "x.io/version": "2" } } } },
    })
    assert.equal(changed.status, 200)
    const set = await kube.until(path("statefulsets"), (all) =>
      all.find(
        (one) =>
          nameOf(one) === "ss-del" &&
          at(one, "status", "observedGeneration") === 2 &&
          at(one, "status", "updateRevision") !== at(one, "status", "currentRevision"),
      ),
    )
    const same = await kube.get(path("pods", "ss-del-0"))
    assert.equal(uidOf(same), uidOf(before ?? null))
    await kube.must(200, "DELETE", path("pods", "ss-del-0"))
    const after = await kube.until(path("pods"), (all) =>
      all.find((one) => nameOf(one) === "ss-del-0" && uidOf(one) !== uidOf(same)),
    )
    assert.equal(at(after, "metadata", "annotations", "x.io/version"), "2")
    assert.equal(
      at(after, "metadata", "labels", "controller-revision-hash"),
      at(set, "status", "updateRevision"),
    )
  })

  test("rolling, the last pod is replaced first, and the next only when that one is ready", async () => {
    const ground = on()
    const { kube, path } = ground
    await kube.create(
      path("statefulsets"),
      setOf("ss-roll", { spec: { podManagementPolicy: "Parallel" } }),
    )
    const before = await podsAre(ground, "ss-roll", ["ss-roll-0", "ss-roll-1"])
    for (const name of ["ss-roll-0", "ss-roll-1"]) {
      await setPodStatus(ground, name, runningStatus("10.0.0.2", true))
    }
    await kube.patch("strategic", path("statefulsets", "ss-roll"), {
      spec: { template: { metadata: { annotations: { "x.io/version": "2" } } } },
    })
    const replaced = await kube.until(path("pods"), (all) =>
      all.find((one) => nameOf(one) === "ss-roll-1" && uidOf(one) !== uidOf(before[1] ?? null)),
    )
    assert.equal(at(replaced, "metadata", "annotations", "x.io/version"), "2")
    assert.equal(uidOf(await kube.get(path("pods", "ss-roll-0"))), uidOf(before[0] ?? null))
    await setPodStatus(ground, "ss-roll-1", runningStatus("10.0.0.3", true))
    await kube.until(path("pods"), (all) =>
      all.find((one) => nameOf(one) === "ss-roll-0" && uidOf(one) !== uidOf(before[0] ?? null)),
    )
  })

  test("orphaned pods are adopted by a set of the same name and selector", async () => {
    const ground = on()
    const { kube, path } = ground
    await kube.create(path("statefulsets"), setOf("ss-adopt", { spec: parallel }))
    const before = await podsAre(ground, "ss-adopt", ["ss-adopt-0", "ss-adopt-1"])
    await kube.must(200, "DELETE", path("statefulsets", "ss-adopt"), {
      body: { propagationPolicy: "Orphan" },
    })
    await kube.until(path("statefulsets"), (all) =>
      all.some((one) => nameOf(one) === "ss-adopt") ? undefined : true,
    )
    const again = await kube.create(path("statefulsets"), setOf("ss-adopt", { spec: parallel }))
    const adopted = await kube.until(
      path("pods"),
      (all) =>
        all.length === 2 &&
        all.every((one) => at(one, "metadata", "ownerReferences", 0, "uid") === uidOf(again))
          ? all
          : undefined,
      { labelSelector: "app=ss-adopt" },
    )
    assert.deepEqual(adopted.map(uidOf), before.map(uidOf))
    // Their revision is adopted too: nothing is outdated by it.
    const settled = await kube.until(path("statefulsets"), (all) =>
      all.find(
        (one) =>
          uidOf(one) === uidOf(again) &&
          at(one, "status", "observedGeneration") === at(one, "metadata", "generation") &&
          at(one, "status", "updateRevision") !== undefined,
      ),
    )
    for (const pod of adopted)
      assert.equal(
        at(pod, "metadata", "labels", "controller-revision-hash"),
        at(settled, "status", "updateRevision"),
      )
  })

  test("what identifies the set can not be changed", async () => {
    const { kube, path } = on()
    await kube.create(path("statefulsets"), setOf("ss-fixed", { replicas: 0 }))
    const refused = await kube.patch("merge", path("statefulsets", "ss-fixed"), {
      spec: { serviceName: "other" },
    })
    assert.equal(refused.status, 422)
    assert.equal(at(refused.body, "reason"), "Invalid")
    const policy = { spec: { podManagementPolicy: "Parallel" } }
    assert.equal((await kube.patch("merge", path("statefulsets", "ss-fixed"), policy)).status, 422)
  })

  test("a selector that does not fit the template is refused", async () => {
    const { kube, path } = on()
    const body = setOf("ss-bad", { spec: { selector: { matchLabels: { app: "other" } } } })
    assert.equal((await kube.call("POST", path("statefulsets"), { body })).status, 422)
  })

  test("the status counts the pods that are ready", async () => {
    const ground = on()
    const { kube, path } = ground
    await kube.create(path("statefulsets"), setOf("ss-count", { spec: parallel }))
    await podsAre(ground, "ss-count", ["ss-count-0", "ss-count-1"])
    await setPodStatus(ground, "ss-count-1", runningStatus("10.0.0.4", true))
    const set = await kube.until(path("statefulsets"), (all) =>
      all.find((one) => nameOf(one) === "ss-count" && at(one, "status", "readyReplicas") === 1),
    )
    assert.equal(at(set, "status", "replicas"), 2)
  })
}
