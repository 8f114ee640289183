/** Another config of a cluster that is there. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { annotation } from "#core/names.ts"
import { type Live, isRecord } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import { type TestKube, anySpec, configVersion } from "../satellite-under-test.ts"
import { names, settled } from "./settled.ts"

export function configTests(kube: () => TestKube): void {
  test("takes a newer version, ignores an older one, and restarts no pod for either", async () => {
    await using site = await settled(kube(), "newer")
    const at = site.spec.namespace
    const set = await kube().get(kinds.StatefulSet, at, names.statefulSet)
    const spec = {
      ...site.spec,
      version: configVersion(3),
      parameters: { work_mem: "16MB" },
      hba: [],
    }
    site.central.send({ kind: "config", spec })
    await site.central.until("version 3", () =>
      site.central.acks.some(({ version, outcome }) => version === 3 && outcome.kind === "applied"),
    )
    site.central.send({
      kind: "config",
      spec: { ...spec, version: configVersion(2), parameters: {} },
    })
    site.central.send({ kind: "config", spec })
    await site.central.until(
      "version 3 acknowledged again",
      () => site.central.acks.filter(({ version }) => version === 3).length > 1,
    )
    const config = await kube().get(kinds.ConfigMap, at, names.configMap)
    assert.match(JSON.stringify(config?.["data"]), /work_mem = '16MB'/)
    const after = await kube().get(kinds.StatefulSet, at, names.statefulSet)
    const template = (live: Live | undefined): unknown =>
      isRecord(live?.["spec"]) ? live["spec"]["template"] : undefined
    assert.deepEqual(template(after), template(set))
    assert.equal(
      after?.metadata.annotations?.[annotation.templateHash],
      set?.metadata.annotations?.[annotation.templateHash],
    )
  })

  test("a pod whose image cannot be had is replaced when another image is wanted", async () => {
    await using site = await settled(kube(), "image", {
      postgres: { major: 17, image: "pg-swarm/none:17" },
    })
    const at = site.spec.namespace
    const first = await kube().until("its pod", () => kube().get(kinds.Pod, at, "orders-0"))
    const image = "pg-swarm/neither:17"
    const spec = {
      ...site.spec,
      version: configVersion(2),
      postgres: { major: 17, image } as const,
    }
    site.central.send({ kind: "config", spec })
    const next = await kube().until("another pod", async () => {
      const pod = await kube().get(kinds.Pod, at, "orders-0")
      return pod === undefined || pod.metadata.uid === first.metadata.uid ? undefined : pod
    })
    assert.match(JSON.stringify(next["spec"]), new RegExp(image))
  })

  test("scales with the members, and says what a running cluster cannot change", async () => {
    await using site = await settled(kube(), "scale")
    const at = site.spec.namespace
    const grown = { ...site.spec, version: configVersion(2), members: 2 }
    site.central.send({ kind: "config", spec: grown })
    await site.central.until("version 2", () =>
      site.central.acks.some(({ version, outcome }) => version === 2 && outcome.kind === "applied"),
    )
    const set = await kube().get(kinds.StatefulSet, at, names.statefulSet)
    assert.equal(isRecord(set?.["spec"]) ? set["spec"]["replicas"] : undefined, 2)
    const larger = {
      ...grown,
      version: configVersion(3),
      data: { ...grown.data, size: anySpec().data.size },
      wal: anySpec().data,
    }
    site.central.send({ kind: "config", spec: larger })
    await site.central.until("waiting", () =>
      site.central.acks.some(({ version, outcome }) => version === 3 && outcome.kind === "waiting"),
    )
  })

  test("refuses a bad spec with every problem and its field, and builds nothing", async () => {
    await using site = await settled(kube(), "bad")
    const spec = anySpec({
      namespace: kube().namespace("bad-other"),
      parameters: { fsync: "off", port: "1" },
      hba: ["host all all all trust"],
    })
    site.central.send({ kind: "config", spec })
    await site.central.until("a refusal", () =>
      site.central.acks.some(({ clusterId }) => clusterId === spec.id),
    )
    const outcome = site.central.acks.find(({ clusterId }) => clusterId === spec.id)?.outcome
    assert.ok(outcome?.kind === "refused")
    assert.deepEqual(
      outcome.problems.map(({ field }) => field),
      ["parameters.fsync", "parameters.port", "hba[0]"],
    )
    assert.equal(await kube().get(kinds.Namespace, "", spec.namespace), undefined)
  })
}
