import assert from "node:assert/strict"
import { test } from "node:test"
import { readSatelliteConfig } from "./config.ts"

const good = {
  PG_SWARM_CENTRAL_URL: "https://central.example:9090/",
  PG_SWARM_SITE: "berlin-1",
  PG_SWARM_LABELS: "region=eu, tier=edge",
  PG_SWARM_FAILOVER_IMAGE: "pg-swarm/failover:0.1.0",
  KUBECONFIG: "/etc/kubeconfig",
}

test("what is not said has its usual value", () => {
  const read = readSatelliteConfig(good)
  assert.ok(read.kind === "ok")
  const { value } = read
  assert.equal(value.central.url, "https://central.example:9090")
  assert.deepEqual(value.labels, { region: "eu", tier: "edge" })
  assert.equal(value.sidecarAddress, "pg-swarm-satellite.pg-swarm-system.svc:9091")
  assert.deepEqual(value.sidecarListen, { host: "0.0.0.0", port: 9091 })
  assert.deepEqual(value.healthListen, { host: "0.0.0.0", port: 8081 })
  assert.equal(value.namespace, "pg-swarm-system")
  assert.deepEqual(value.kube, { kind: "kubeconfig", file: "/etc/kubeconfig" })
})

test("all mistakes are told at once, each with its variable", () => {
  const read = readSatelliteConfig({
    PG_SWARM_CENTRAL_URL: "central:9090",
    PG_SWARM_LABELS: "region",
    PG_SWARM_SIDECAR_LISTEN: "nowhere",
    PG_SWARM_LOG_LEVEL: "loud",
  })
  assert.ok(read.kind === "bad")
  assert.deepEqual(read.problems.map(({ field }) => field).toSorted(), [
    "PG_SWARM_CENTRAL_URL",
    "PG_SWARM_FAILOVER_IMAGE",
    "PG_SWARM_LABELS",
    "PG_SWARM_LOG_LEVEL",
    "PG_SWARM_SIDECAR_LISTEN",
    "PG_SWARM_SITE",
  ])
})

test("outside a Kubernetes a kubeconfig is needed, inside it is not", () => {
  const { KUBECONFIG: _, ...outside } = good
  const read = readSatelliteConfig(outside)
  assert.ok(read.kind === "bad")
  assert.deepEqual(
    read.problems.map(({ field }) => field),
    ["KUBECONFIG"],
  )
  const inside = readSatelliteConfig({ ...outside, KUBERNETES_SERVICE_HOST: "10.0.0.1" })
  assert.ok(inside.kind === "ok" && inside.value.kube.kind === "pod")
})
