/** The permissions that `deploy/kubernetes/satellite` gives are enough, and end where the clusters end. */
import assert from "node:assert/strict"
import { randomUUID } from "node:crypto"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { spawnSync } from "node:child_process"
import { after, before, describe, test } from "node:test"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { namespace as namespaceOf, podName, tailId } from "#core/ids.ts"
import { systemNamespace } from "#core/names.ts"
import { kubeconfigAccess, podAccess } from "#io/kube/access.ts"
import { KubeApi, isRecord } from "#io/kube/api.ts"
import { isKubeStatus } from "#io/kube/kube-error.ts"
import { kinds } from "#io/kube/kinds.ts"
import { Kubectl } from "./kubectl.ts"
import { type KubeUnderTest, microkube, type OpenKube, realKube } from "./kubernetes-under-test.ts"
import { SatelliteUnderTest, TestKube, anySpec, never } from "./satellite-under-test.ts"
import { TinyCentral } from "./tiny-central.ts"

const account = "pg-swarm-satellite"
/** The real node runs images, `pg-swarm/postgres:17` among them. */
const hasImages = process.env["PG_SWARM_TEST_IMAGE_TAG"] !== undefined
const program = process.env["PG_SWARM_TEST_KUBECTL"] ?? "kubectl"
const hasKubectl = spawnSync(program, ["version", "--client"]).status === 0

for (const under of [microkube("127.98"), realKube])
  describe(
    `what a satellite may do on ${under.name}`,
    { skip: hasKubectl ? under.skip : `there is no ${program}` },
    () => permissions(under),
  )

function permissions(under: KubeUnderTest): void {
  let opened: OpenKube
  let kube: TestKube
  let kubectl: Kubectl
  let folder: string
  let system: string

  /** The manifest, in a namespace of our own; names of cluster-wide objects stay, the program knows them. */
  async function manifest(): Promise<string> {
    const file = join(import.meta.dirname, "../../deploy/kubernetes/satellite/rbac.yaml")
    const text = (await readFile(file, "utf8")).replaceAll(systemNamespace, system)
    const written = join(folder, "rbac.yaml")
    await writeFile(written, text)
    return written
  }

  /** With its own account the satellite may read the log of a container, and goes on with that of the next pod. */
  async function followsLog(central: TinyCentral, spec: ClusterSpec): Promise<void> {
    const tail = tailId(randomUUID())
    const mine = () => central.tailed.filter((batch) => batch.tail === tail)
    const texts = () => mine().flatMap(({ lines }) => lines.map(({ text }) => text))
    const boots = () => texts().filter((text) => text.includes("supervisor: in hold, boot "))
    const pod = podName(`${spec.name}-0`)
    await kube.until("the pod", () => kube.get(kinds.Pod, spec.namespace, pod))
    central.send({
      kind: "start-log-tail",
      order: {
        tail,
        source: { kind: "member", clusterId: spec.id, pod, container: "postgres" },
        lines: 100,
        filter: { level: undefined, text: undefined },
        seconds: 600,
      },
    })
    if (under === realKube && hasImages) {
      await central.until("a line of a real container", () => boots().length === 1, 120_000)
      const first = await kube.get(kinds.Pod, spec.namespace, pod)
      assert.ok(first)
      await kube.api.delete(kinds.Pod, first, "Background", never)
      await central.until("a line of the next one", () => boots().length === 2, 180_000)
      assert.equal(new Set(texts()).size, texts().length, "no line twice")
    } else
      await central.until("its container is waited for", () =>
        mine().some(
          ({ standing }) =>
            standing.kind === "waiting" && standing.why === `${pod} has not started yet`,
        ),
      )
    assert.ok(mine().every(({ standing }) => standing.kind !== "ended"))
    central.send({ kind: "stop-log-tail", tail })
  }

  before(async () => {
    opened = await under.open()
    kube = await TestKube.open(opened.kubeconfig)
    kubectl = new Kubectl(program, opened.kubeconfig)
    folder = await mkdtemp(join(tmpdir(), "permissions-"))
    system = kube.namespace("rights-sys")
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: system } }
    await kube.api.create(kinds.Namespace, body, "test", never)
    await kubectl.run(["apply", "-n", system, "-f", await manifest()])
    const path = `/api/v1/namespaces/${system}/serviceaccounts/${account}/token`
    const request = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} }
    const answer = await kube.api.call({ method: "POST", path, body: request }, never)
    const status = isRecord(answer) && isRecord(answer["status"]) ? answer["status"] : {}
    await writeFile(join(folder, "token"), String(status["token"]))
    const access = await kubeconfigAccess(opened.kubeconfig)
    await writeFile(join(folder, "ca.crt"), access.authority ?? "")
  })
  after(async () => {
    await kubectl.run([
      "delete",
      "-n",
      system,
      "--ignore-not-found",
      "-f",
      join(folder, "rbac.yaml"),
    ])
    await kube[Symbol.asyncDispose]()
    await opened[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test("C15: a satellite with its own account builds a cluster, repairs it and removes it", async () => {
    await using central = new TinyCentral()
    await central.open()
    const spec = anySpec({ namespace: kube.namespace("rights") })
    central.clusters = [spec]
    const { server } = await kubeconfigAccess(opened.kubeconfig)
    const source = {
      kind: "pod",
      host: server.hostname,
      port: Number(server.port),
      folder,
    } as const
    await using _satellite = await SatelliteUnderTest.start(kube, {
      central: central.url,
      namespace: system,
      kube: source,
    })
    await central.until("applied", () =>
      central.acks.some(({ outcome }) => outcome.kind === "applied"),
    )
    const waiting = central.acks.flatMap(({ outcome }) =>
      outcome.kind === "waiting" ? [outcome.reason] : [],
    )
    for (const reason of waiting)
      assert.doesNotMatch(reason, /secrets|statefulsets/, "only a moment's wait")
    await kube.until("protected volumes", async () => {
      const { items } = await kube.api.list(kinds.PersistentVolumeClaim, spec.namespace, {}, never)
      return items.length === 3 &&
        items.every(({ metadata }) =>
          (metadata.finalizers ?? []).includes("pg-swarm.io/protection"),
        )
        ? true
        : undefined
    })
    await followsLog(central, spec)
    const role = await kube.get(kinds.Role, spec.namespace, "orders-failover")
    assert.ok(role)
    await kube.api.delete(kinds.Role, role, "Background", never)
    await kube.until("the Role again", () =>
      kube.get(kinds.Role, spec.namespace, "orders-failover"),
    )
    const { id: clusterId, name, namespace } = spec
    central.send({ kind: "delete-cluster", clusterId, name, namespace })
    await central.until("gone", () => central.gone.has(clusterId), 90_000)

    assert.equal(
      await kube.get(kinds.RoleBinding, spec.namespace, account),
      undefined,
      "with its last cluster there it gave its permission back",
    )
    const unknown = anySpec({ namespace: namespaceOf("default") })
    central.send({
      kind: "delete-cluster",
      clusterId: unknown.id,
      name: unknown.name,
      namespace: unknown.namespace,
    })
    await central.until("gone, for it was never here", () => central.gone.has(unknown.id))

    using theirs = new KubeApi(await podAccess({ host: source.host, port: source.port }, folder))
    for (const at of ["kube-system", "default"])
      await assert.rejects(
        theirs.list(kinds.Secret, at, {}, never),
        (failure) => isKubeStatus(failure, 403),
        `Secrets of ${at} are not its business`,
      )
    const body = {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: account, namespace: spec.namespace },
      roleRef: {
        apiGroup: "rbac.authorization.k8s.io",
        kind: "ClusterRole",
        name: "cluster-admin",
      },
      subjects: [{ kind: "ServiceAccount", name: account, namespace: system }],
    }
    await assert.rejects(
      theirs.create(kinds.RoleBinding, body, "test", never),
      (failure) => isKubeStatus(failure, 403),
      "it cannot give itself more than its one role",
    )
  })
}
