/** The objects of a cluster: made whole, put back, and never taken from anybody else. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { label, secretKey } from "#core/names.ts"
import { isRecord } from "#io/kube/api.ts"
import { discover } from "#io/kube/discovery.ts"
import { type Kind, disruptionBudgetKind, kinds } from "#io/kube/kinds.ts"
import { SatelliteUnderTest, type TestKube, anySpec, never } from "../satellite-under-test.ts"
import { TinyCentral } from "../tiny-central.ts"
import { applied, content, createdOnly, names, settled, snapshot } from "./settled.ts"

export function objectTests(kube: () => TestKube): void {
  test("makes all objects of a cluster, and says that it did", async () => {
    await using site = await settled(kube(), "whole", { members: 3 })
    const found = await snapshot(kube(), site.spec.namespace)
    assert.equal(found.size, applied.length + createdOnly.length)
    for (const [name, { metadata }] of found)
      assert.equal(metadata.labels?.[label.managedBy], "pg-swarm", name)
    const { disruptionBudgetVersion } = await discover(kube().api, never)
    if (disruptionBudgetVersion !== undefined) {
      const budget = disruptionBudgetKind(disruptionBudgetVersion)
      assert.ok(await kube().get(budget, site.spec.namespace, names.disruptionBudget))
    }
    await site.central.until("health", () => site.central.health.has(site.spec.id))
    assert.equal(site.central.health.get(site.spec.id)?.state, "creating")
  })

  test("writes nothing on a second pass, not even after a restart", async () => {
    await using site = await settled(kube(), "twice")
    const stable = async (): Promise<ReadonlyMap<string, unknown>> => {
      const found = await snapshot(kube(), site.spec.namespace)
      return new Map([...found].map(([name, live]) => [name, content(live)]))
    }
    const versions = async (): Promise<ReadonlyMap<string, string>> => {
      const found = await snapshot(kube(), site.spec.namespace)
      // A controller writes the status of a StatefulSet whenever its pods change.
      return new Map(
        [...found]
          .filter(([name]) => !name.startsWith("StatefulSet"))
          .map(([name, { metadata }]) => [name, metadata.resourceVersion]),
      )
    }
    const [before, versionsBefore] = [await stable(), await versions()]
    await site.satellite.stop()
    const acks = site.central.acks.length
    await using _again = await SatelliteUnderTest.start(kube(), {
      central: site.central.url,
      namespace: site.system,
    })
    await site.central.until("another ack", () => site.central.acks.length > acks)
    assert.deepEqual(await versions(), versionsBefore)
    assert.deepEqual(await stable(), before)
  })

  test("brings back whatever somebody deletes", async (t) => {
    await using site = await settled(kube(), "lost")
    const at = site.spec.namespace
    for (const [kind, name] of [...applied, [kinds.Lease, names.lease]] as const)
      await t.test(`${kind.kind} ${name}`, async () => {
        const live = await kube().get(kind, at, name)
        assert.ok(live)
        await kube().api.delete(kind, live, "Background", never)
        const back = await kube().until(`${kind.kind} ${name}`, async () => {
          const again = await kube().get(kind, at, name)
          return again?.metadata.uid === live.metadata.uid ? undefined : again
        })
        assert.equal(back.metadata.labels?.[label.cluster], "orders")
      })
  })

  test("puts back what somebody changes, and tells it", async () => {
    await using site = await settled(kube(), "drift", { members: 3 })
    const at = site.spec.namespace
    const patch = async (kind: Kind, name: string, change: unknown): Promise<void> => {
      const body = { metadata: { name, namespace: at } }
      await kube().api.mergePatch(kind, body, change, "somebody", never)
    }
    await patch(kinds.ConfigMap, names.configMap, {
      data: { "pg_hba.conf": "host all all all trust" },
    })
    await patch(kinds.Service, names.readWrite, {
      spec: { selector: { [label.role]: "replica" } },
    })
    await patch(kinds.StatefulSet, names.statefulSet, { spec: { replicas: 1 } })
    await patch(kinds.Role, names.role, { rules: [] })
    await patch(kinds.RoleBinding, names.roleBinding, { subjects: [] })
    await patch(kinds.ServiceAccount, names.serviceAccount, {
      metadata: { labels: { [label.managedBy]: null } },
    })
    await kube().until("all repaired", async () => {
      const found = await snapshot(kube(), at)
      const read = (kind: string, name: string, field: string): unknown =>
        found.get(`${kind} ${name}`)?.[field]
      const data = read("ConfigMap", names.configMap, "data")
      const service = read("Service", names.readWrite, "spec")
      const set = read("StatefulSet", names.statefulSet, "spec")
      const rules = read("Role", names.role, "rules")
      const subjects = read("RoleBinding", names.roleBinding, "subjects")
      const account = found.get(`ServiceAccount ${names.serviceAccount}`)
      const isRepaired =
        isRecord(data) &&
        !String(data["pg_hba.conf"]).includes("trust") &&
        JSON.stringify(service).includes(`"${label.role}":"primary"`) &&
        isRecord(set) &&
        set["replicas"] === 3 &&
        Array.isArray(rules) &&
        rules.length === 3 &&
        Array.isArray(subjects) &&
        subjects.length === 1 &&
        account?.metadata.labels?.[label.managedBy] === "pg-swarm"
      return isRepaired ? true : undefined
    })
    await site.central.until("the event", () =>
      [...site.central.events.values()].some(({ kind }) => kind === "drift.repaired"),
    )
  })

  test("never overwrites the Secret, and fills in what is missing", async () => {
    await using site = await settled(kube(), "secret")
    const at = site.spec.namespace
    const before = await kube().get(kinds.Secret, at, names.secret)
    assert.ok(before && isRecord(before["data"]))
    // Databases have their key once the cluster has some.
    const made = Object.values(secretKey).filter((key) => key !== secretKey.databases)
    assert.deepEqual(Object.keys(before["data"]).toSorted(), made.toSorted())
    const body = { metadata: { name: names.secret, namespace: at } }
    const ownPassword = Buffer.from("a person's own").toString("base64")
    const change = {
      data: { [secretKey.replicationPassword]: ownPassword, [secretKey.sidecarToken]: null },
    }
    await kube().api.mergePatch(kinds.Secret, body, change, "somebody", never)
    const after = await kube().until("the token filled in", async () => {
      const live = await kube().get(kinds.Secret, at, names.secret)
      const data = isRecord(live?.["data"]) ? live["data"] : {}
      return data[secretKey.sidecarToken] === undefined ? undefined : data
    })
    assert.equal(after[secretKey.replicationPassword], ownPassword)
    for (const key of [secretKey.superuserPassword, secretKey.peerKey, secretKey.peerCa])
      assert.equal(after[key], before["data"][key], key)
    assert.notEqual(after[secretKey.sidecarToken], before["data"][secretKey.sidecarToken])
  })

  test("refuses an object that is not its own, and touches nothing of it", async () => {
    await using central = new TinyCentral()
    await central.open()
    const spec = anySpec({ namespace: kube().namespace("foreign") })
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: spec.namespace } }
    await kube().api.create(kinds.Namespace, body, "somebody", never)
    const theirs = await kube().api.create(
      kinds.Service,
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: names.readWrite, namespace: spec.namespace },
        spec: { ports: [{ port: 80, protocol: "TCP" }], selector: { app: "shop" } },
      },
      "somebody",
      never,
    )
    central.clusters = [spec]
    await using _satellite = await SatelliteUnderTest.start(kube(), {
      central: central.url,
      namespace: kube().namespace("foreign-sys"),
    })
    await central.until("a refusal", () =>
      central.acks.some(({ outcome }) => outcome.kind === "refused"),
    )
    const refusal = central.acks.find(({ outcome }) => outcome.kind === "refused")?.outcome
    assert.ok(refusal?.kind === "refused")
    assert.match(refusal.problems[0]?.problem ?? "", /orders-rw exists and is not pg-swarm's/)
    const live = await kube().get(kinds.Service, spec.namespace, names.readWrite)
    assert.equal(live?.metadata.resourceVersion, theirs.metadata.resourceVersion)
    assert.equal(
      await kube().get(kinds.StatefulSet, spec.namespace, names.statefulSet),
      undefined,
      "nothing is half built beside it",
    )
  })
}
