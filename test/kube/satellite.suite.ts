/** What a satellite does with a Kubernetes, told for every Kubernetes that it must run on. */
import assert from "node:assert/strict"
import { after, before, describe, test } from "node:test"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { annotation, label, objectNames, secretKey } from "#core/names.ts"
import { type Live, isRecord } from "#io/kube/api.ts"
import { discover } from "#io/kube/discovery.ts"
import { type Kind, disruptionBudgetKind, kinds } from "#io/kube/kinds.ts"
import { databaseTests } from "./databases.suite.ts"
import type { KubeUnderTest, OpenKube } from "./kubernetes-under-test.ts"
import {
  SatelliteUnderTest,
  TestKube,
  anySpec,
  clusterName,
  configVersion,
  never,
} from "./satellite-under-test.ts"
import { siteSettingsTests } from "./site-settings.suite.ts"
import { TinyCentral } from "./tiny-central.ts"

const names = objectNames(clusterName("orders"))

const applied: readonly (readonly [Kind, string])[] = [
  [kinds.ConfigMap, names.storedConfig],
  [kinds.ConfigMap, names.configMap],
  [kinds.ConfigMap, names.record],
  [kinds.Service, names.headless],
  [kinds.Service, names.readWrite],
  [kinds.Service, names.readOnly],
  [kinds.ServiceAccount, names.serviceAccount],
  [kinds.Role, names.role],
  [kinds.RoleBinding, names.roleBinding],
  [kinds.StatefulSet, names.statefulSet],
]
const createdOnly: readonly (readonly [Kind, string])[] = [
  [kinds.Secret, names.secret],
  [kinds.Lease, names.lease],
]

/** What of an object is ours or a person's to change; status and book-keeping are the server's. */
const content = ({ metadata, ...rest }: Live): unknown => ({
  ...rest,
  status: undefined,
  labels: metadata.labels,
  annotations: metadata.annotations,
  uid: metadata.uid,
})

export function satelliteSuite(under: KubeUnderTest): void {
  describe(`a satellite on ${under.name}`, { skip: under.skip }, () => {
    let opened: OpenKube
    let kube: TestKube
    before(async () => {
      opened = await under.open()
      kube = await TestKube.open(opened.kubeconfig)
    })
    after(async () => {
      await kube[Symbol.asyncDispose]()
      await opened[Symbol.asyncDispose]()
    })

    /** A site that runs one cluster, everything applied; of one member where more would show no more. */
    async function settled(purpose: string, changes: Partial<ClusterSpec> = {}) {
      const central = new TinyCentral()
      await central.open()
      const spec = anySpec({ namespace: kube.namespace(purpose), members: 1, ...changes })
      central.clusters = [spec]
      const system = kube.namespace(`${purpose}-sys`)
      const satellite = await SatelliteUnderTest.start(kube, {
        central: central.url,
        namespace: system,
      })
      const end = async (): Promise<void> => {
        await satellite[Symbol.asyncDispose]()
        await central.close()
      }
      try {
        await central.until("the cluster applied", () =>
          central.acks.some(({ outcome }) => outcome.kind === "applied"),
        )
      } catch (failure) {
        await end()
        throw failure
      }
      return { central, spec, system, satellite, [Symbol.asyncDispose]: end }
    }

    const snapshot = async (at: string): Promise<ReadonlyMap<string, Live>> => {
      const found = new Map<string, Live>()
      for (const [kind, name] of [...applied, ...createdOnly]) {
        const live = await kube.get(kind, at, name)
        if (live !== undefined) found.set(`${kind.kind} ${name}`, live)
      }
      return found
    }

    test("makes all objects of a cluster, and says that it did", async () => {
      await using site = await settled("whole", { members: 3 })
      const found = await snapshot(site.spec.namespace)
      assert.equal(found.size, applied.length + createdOnly.length)
      for (const [name, { metadata }] of found)
        assert.equal(metadata.labels?.[label.managedBy], "pg-swarm", name)
      const { disruptionBudgetVersion } = await discover(kube.api, never)
      if (disruptionBudgetVersion !== undefined) {
        const budget = disruptionBudgetKind(disruptionBudgetVersion)
        assert.ok(await kube.get(budget, site.spec.namespace, names.disruptionBudget))
      }
      await site.central.until("health", () => site.central.health.has(site.spec.id))
      assert.equal(site.central.health.get(site.spec.id)?.state, "creating")
    })

    test("writes nothing on a second pass, not even after a restart", async () => {
      await using site = await settled("twice")
      const stable = async (): Promise<ReadonlyMap<string, unknown>> => {
        const found = await snapshot(site.spec.namespace)
        return new Map([...found].map(([name, live]) => [name, content(live)]))
      }
      const versions = async (): Promise<ReadonlyMap<string, string>> => {
        const found = await snapshot(site.spec.namespace)
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
      await using _again = await SatelliteUnderTest.start(kube, {
        central: site.central.url,
        namespace: site.system,
      })
      await site.central.until("another ack", () => site.central.acks.length > acks)
      assert.deepEqual(await versions(), versionsBefore)
      assert.deepEqual(await stable(), before)
    })

    for (const [kind, name] of [...applied, [kinds.Lease, names.lease]] as const)
      test(`brings back ${kind.kind} ${name} when somebody deletes it`, async () => {
        await using site = await settled("lost")
        const at = site.spec.namespace
        const live = await kube.get(kind, at, name)
        assert.ok(live)
        await kube.api.delete(kind, live, "Background", never)
        const back = await kube.until(`${kind.kind} ${name}`, async () => {
          const again = await kube.get(kind, at, name)
          return again?.metadata.uid === live.metadata.uid ? undefined : again
        })
        assert.equal(back.metadata.labels?.[label.cluster], "orders")
      })

    test("puts back what somebody changes, and tells it", async () => {
      await using site = await settled("drift", { members: 3 })
      const at = site.spec.namespace
      const patch = async (kind: Kind, name: string, change: unknown): Promise<void> => {
        const body = { metadata: { name, namespace: at } }
        await kube.api.mergePatch(kind, body, change, "somebody", never)
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
      await kube.until("all repaired", async () => {
        const found = await snapshot(at)
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
      await using site = await settled("secret")
      const at = site.spec.namespace
      const before = await kube.get(kinds.Secret, at, names.secret)
      assert.ok(before && isRecord(before["data"]))
      // Databases have their key once the cluster has some.
      const made = Object.values(secretKey).filter((key) => key !== secretKey.databases)
      assert.deepEqual(Object.keys(before["data"]).toSorted(), made.toSorted())
      const body = { metadata: { name: names.secret, namespace: at } }
      const ownPassword = Buffer.from("a person's own").toString("base64")
      const change = {
        data: { [secretKey.replicationPassword]: ownPassword, [secretKey.sidecarToken]: null },
      }
      await kube.api.mergePatch(kinds.Secret, body, change, "somebody", never)
      const after = await kube.until("the token filled in", async () => {
        const live = await kube.get(kinds.Secret, at, names.secret)
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
      const spec = anySpec({ namespace: kube.namespace("foreign") })
      const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: spec.namespace } }
      await kube.api.create(kinds.Namespace, body, "somebody", never)
      const theirs = await kube.api.create(
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
      await using _satellite = await SatelliteUnderTest.start(kube, {
        central: central.url,
        namespace: kube.namespace("foreign-sys"),
      })
      await central.until("a refusal", () =>
        central.acks.some(({ outcome }) => outcome.kind === "refused"),
      )
      const refusal = central.acks.find(({ outcome }) => outcome.kind === "refused")?.outcome
      assert.ok(refusal?.kind === "refused")
      assert.match(refusal.problems[0]?.problem ?? "", /orders-rw exists and is not pg-swarm's/)
      const live = await kube.get(kinds.Service, spec.namespace, names.readWrite)
      assert.equal(live?.metadata.resourceVersion, theirs.metadata.resourceVersion)
      assert.equal(
        await kube.get(kinds.StatefulSet, spec.namespace, names.statefulSet),
        undefined,
        "nothing is half built beside it",
      )
    })

    test("manages its clusters after a restart while central is away", async () => {
      await using site = await settled("alone")
      await site.satellite.stop()
      await site.central.close()
      const at = site.spec.namespace
      const live = await kube.get(kinds.ConfigMap, at, names.configMap)
      assert.ok(live)
      await kube.api.delete(kinds.ConfigMap, live, "Background", never)
      await using _again = await SatelliteUnderTest.start(kube, {
        central: site.central.url,
        namespace: site.system,
      })
      await kube.until("the ConfigMap", () => kube.get(kinds.ConfigMap, at, names.configMap))
    })

    test("removes a cluster that was deleted while the site was away, volumes and all", async () => {
      await using site = await settled("gone", { members: 3 })
      const at = site.spec.namespace
      await kube.until("protected volumes", async () => {
        const { items } = await kube.api.list(kinds.PersistentVolumeClaim, at, {}, never)
        const all = items.filter(({ metadata }) =>
          (metadata.finalizers ?? []).includes("pg-swarm.io/protection"),
        )
        return all.length === 3 ? true : undefined
      })
      await site.satellite.stop()
      site.central.clusters = []
      await using _again = await SatelliteUnderTest.start(kube, {
        central: site.central.url,
        namespace: site.system,
      })
      await site.central.until("a stream", () => site.central.connected > 0)
      const { id: clusterId, name, namespace } = site.spec
      site.central.send({ kind: "delete-cluster", clusterId, name, namespace })
      await site.central.until("gone", () => site.central.gone.has(clusterId), 90_000)
      assert.equal((await snapshot(at)).size, 0)
      const { items } = await kube.api.list(kinds.PersistentVolumeClaim, at, {}, never)
      assert.equal(items.length, 0)
      const kept = await kube.api.list(
        kinds.ConfigMap,
        site.system,
        { labels: "pg-swarm.io/part=desired-cluster" },
        never,
      )
      assert.equal(kept.items.length, 0, "its tombstone is forgotten")
    })

    test("goes on with a deletion that a restart interrupted", async () => {
      await using site = await settled("resume")
      await site.satellite.stop()
      const { id, name, namespace, version } = site.spec
      const object = `pg-swarm-cluster-${id}`
      const body = { metadata: { name: object, namespace: site.system } }
      const tombstone = JSON.stringify({ id, name, namespace, version })
      const data = { "config.json": null, "deleting.json": tombstone }
      await kube.api.mergePatch(kinds.ConfigMap, body, { data }, "somebody", never)
      await site.central.close()
      await using _again = await SatelliteUnderTest.start(kube, {
        central: site.central.url,
        namespace: site.system,
      })
      await kube.until(
        "nothing left",
        async () => ((await snapshot(namespace)).size === 0 ? true : undefined),
        90_000,
      )
    })

    test("keeps a cluster that Welcome does not name", async () => {
      await using site = await settled("unnamed")
      const before = await snapshot(site.spec.namespace)
      await site.satellite.stop()
      site.central.clusters = []
      const hellos = site.central.hellos.length
      await using _again = await SatelliteUnderTest.start(kube, {
        central: site.central.url,
        namespace: site.system,
      })
      await site.central.until("hello", () => site.central.hellos.length > hellos)
      assert.deepEqual(site.central.hellos.at(-1)?.clusters, [
        { clusterId: site.spec.id, version: 1, deleting: false },
      ])
      await site.central.until("health", () => site.central.health.has(site.spec.id))
      assert.deepEqual([...(await snapshot(site.spec.namespace)).keys()], [...before.keys()])
    })

    test("takes a newer version, ignores an older one, and restarts no pod for either", async () => {
      await using site = await settled("newer")
      const at = site.spec.namespace
      const set = await kube.get(kinds.StatefulSet, at, names.statefulSet)
      const spec = {
        ...site.spec,
        version: configVersion(3),
        parameters: { work_mem: "16MB" },
        hba: [],
      }
      site.central.send({ kind: "config", spec })
      await site.central.until("version 3", () =>
        site.central.acks.some(
          ({ version, outcome }) => version === 3 && outcome.kind === "applied",
        ),
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
      const config = await kube.get(kinds.ConfigMap, at, names.configMap)
      assert.match(JSON.stringify(config?.["data"]), /work_mem = '16MB'/)
      const after = await kube.get(kinds.StatefulSet, at, names.statefulSet)
      const template = (live: Live | undefined): unknown =>
        isRecord(live?.["spec"]) ? live["spec"]["template"] : undefined
      assert.deepEqual(template(after), template(set))
      assert.equal(
        after?.metadata.annotations?.[annotation.templateHash],
        set?.metadata.annotations?.[annotation.templateHash],
      )
    })

    test("a pod whose image cannot be had is replaced when another image is wanted", async () => {
      await using site = await settled("image", {
        postgres: { major: 17, image: "pg-swarm/none:17" },
      })
      const at = site.spec.namespace
      const first = await kube.until("its pod", () => kube.get(kinds.Pod, at, "orders-0"))
      const image = "pg-swarm/neither:17"
      const spec = {
        ...site.spec,
        version: configVersion(2),
        postgres: { major: 17, image } as const,
      }
      site.central.send({ kind: "config", spec })
      const next = await kube.until("another pod", async () => {
        const pod = await kube.get(kinds.Pod, at, "orders-0")
        return pod === undefined || pod.metadata.uid === first.metadata.uid ? undefined : pod
      })
      assert.match(JSON.stringify(next["spec"]), new RegExp(image))
    })

    test("scales with the members, and says what a running cluster cannot change", async () => {
      await using site = await settled("scale")
      const at = site.spec.namespace
      const grown = { ...site.spec, version: configVersion(2), members: 2 }
      site.central.send({ kind: "config", spec: grown })
      await site.central.until("version 2", () =>
        site.central.acks.some(
          ({ version, outcome }) => version === 2 && outcome.kind === "applied",
        ),
      )
      const set = await kube.get(kinds.StatefulSet, at, names.statefulSet)
      assert.equal(isRecord(set?.["spec"]) ? set["spec"]["replicas"] : undefined, 2)
      const larger = {
        ...grown,
        version: configVersion(3),
        data: { ...grown.data, size: anySpec().data.size },
        wal: anySpec().data,
      }
      site.central.send({ kind: "config", spec: larger })
      await site.central.until("waiting", () =>
        site.central.acks.some(
          ({ version, outcome }) => version === 3 && outcome.kind === "waiting",
        ),
      )
    })

    test("refuses a bad spec with every problem and its field, and builds nothing", async () => {
      await using site = await settled("bad")
      const spec = anySpec({
        namespace: kube.namespace("bad-other"),
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
      assert.equal(await kube.get(kinds.Namespace, "", spec.namespace), undefined)
    })

    siteSettingsTests(() => kube, settled)
    databaseTests(() => kube)

    test("a Lease that is made anew goes on from the highest term and names the database", async () => {
      await using site = await settled("term", { members: 3 })
      const at = site.spec.namespace
      const lease = await kube.get(kinds.Lease, at, names.lease)
      assert.ok(lease)
      const { metadata } = lease
      const annotations = {
        ...metadata.annotations,
        [annotation.systemIdentifier]: "7400000000000000001",
      }
      const spec = {
        holderIdentity: "orders-0/uid/nonce",
        leaseTransitions: 7,
        leaseDurationSeconds: 6,
      }
      await kube.api.replace(
        kinds.Lease,
        { ...lease, metadata: { ...metadata, annotations }, spec },
        "somebody",
        never,
      )
      await kube.until("the record", async () => {
        const record = await kube.get(kinds.ConfigMap, at, names.record)
        const data = isRecord(record?.["data"]) ? record["data"] : {}
        return data["highest-term"] === "7" ? true : undefined
      })
      const now = await kube.get(kinds.Lease, at, names.lease)
      assert.ok(now)
      await kube.api.delete(kinds.Lease, now, "Background", never)
      const again = await kube.until("a new Lease", async () => {
        const live = await kube.get(kinds.Lease, at, names.lease)
        return live?.metadata.uid === now.metadata.uid ? undefined : live
      })
      assert.equal(isRecord(again["spec"]) ? again["spec"]["leaseTransitions"] : undefined, 7)
      assert.equal(again.metadata.annotations?.[annotation.systemIdentifier], "7400000000000000001")
      const config = await kube.until("the identifier in pod.json", async () => {
        const live = await kube.get(kinds.ConfigMap, at, names.configMap)
        const data = isRecord(live?.["data"]) ? live["data"] : {}
        const text = String(data["pod.json"])
        return text.includes("7400000000000000001") ? text : undefined
      })
      assert.match(config, /"members": 3/)
    })

    test("labels a pod without a role as replica, never as primary", async () => {
      await using site = await settled("roles", { members: 3 })
      const at = site.spec.namespace
      await kube.until("three labelled pods", async () => {
        const { items } = await kube.api.list(
          kinds.Pod,
          at,
          { labels: "pg-swarm.io/cluster=orders" },
          never,
        )
        const roles = items.map(({ metadata }) => metadata.labels?.[label.role])
        assert.ok(!roles.includes("primary"))
        return roles.length === 3 && roles.every((role) => role === "replica") ? true : undefined
      })
    })

    test("only one satellite is live in a Kubernetes; the next one follows a clean stop at once", async () => {
      await using site = await settled("single")
      const second = SatelliteUnderTest.start(kube, {
        central: site.central.url,
        namespace: site.system,
      })
      const first = await Promise.race([
        second.then(() => "second"),
        new Promise((resolve) => setTimeout(() => resolve("first"), 3_000)),
      ])
      assert.equal(first, "first", "the second one waits")
      const stopping = performance.now()
      await site.satellite.stop()
      await using _live = await second
      assert.ok(performance.now() - stopping < 12_000, "without waiting until the Lease is old")
    })
  })
}
