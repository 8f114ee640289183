import assert from "node:assert/strict"
import { after, before, test } from "node:test"
import type { Live } from "#io/kube/api.ts"
import { type Kind, disruptionBudgetKind, kinds } from "#io/kube/kinds.ts"
import { SatelliteUnderTest, TestKube, anySpec, configVersion } from "./satellite-under-test.ts"
import { TinyCentral } from "./tiny-central.ts"

const kubeconfig = process.env["PG_SWARM_TEST_KUBECONFIG"] ?? ""
const skip = kubeconfig === "" ? "PG_SWARM_TEST_KUBECONFIG is not set" : false

const ours: readonly Kind[] = [
  kinds.StatefulSet,
  kinds.Service,
  kinds.ConfigMap,
  kinds.Secret,
  kinds.ServiceAccount,
  kinds.Role,
  kinds.RoleBinding,
  kinds.Lease,
]

let kube: TestKube
before(async () => {
  if (skip === false) kube = await TestKube.open(kubeconfig)
})
after(async () => {
  if (skip === false) await kube[Symbol.asyncDispose]()
})

test("a registered site turns a config into all of its objects and says so", { skip }, async () => {
  await using central = new TinyCentral()
  await central.open()
  const spec = anySpec({ namespace: kube.namespace("whole") })
  central.clusters = [spec]
  await using _satellite = await SatelliteUnderTest.start(kube, {
    central: central.url,
    namespace: kube.namespace("whole-sys"),
  })
  await central.until("the ack", () => central.acks.some((ack) => ack.outcome.kind === "applied"))
  const found = await kube.all(spec.namespace, ours)
  for (const name of [
    "StatefulSet/orders",
    "Service/orders-headless",
    "Service/orders-rw",
    "Service/orders-ro",
    "ConfigMap/orders-config",
    "ConfigMap/orders-desired",
    "ConfigMap/orders-record",
    "Secret/orders-secret",
    "ServiceAccount/orders-failover",
    "Role/orders-failover",
    "RoleBinding/orders-failover",
    "Lease/orders-leader",
  ])
    assert.ok(found.has(name), `${name} is there`)
  assert.equal(central.health.get(spec.id)?.state, "creating")
})
