/** Services and who stands behind them. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { type Ground, type GroundOf, placedPod, runningStatus, setPodStatus } from "./ground.ts"
import { type Json, at, list, nameOf, text } from "./raw-kube.ts"

const service = (name: string, selector: object, rest: object = {}): object => ({
  metadata: { name },
  spec: { selector, ports: [{ name: "web", port: 8080, targetPort: "web" }], ...rest },
})

const addresses = (endpoints: Json | undefined, kind: "addresses" | "notReadyAddresses"): string =>
  list(endpoints, "subsets")
    .flatMap((subset) => list(subset, kind))
    .map((one) => text(one, "ip"))
    .toSorted()
    .join(" ")

/** Waits until the Service's ready and unready addresses are these. */
const endpointsAre = (
  { kube, path }: Ground,
  name: string,
  ready: string,
  unready: string,
): Promise<Json> =>
  kube.until(path("endpoints"), (all) => {
    const found = all.find((one) => nameOf(one) === name)
    const fits =
      found !== undefined &&
      addresses(found, "addresses") === ready &&
      addresses(found, "notReadyAddresses") === unready
    return fits ? found : undefined
  })

async function pod(
  ground: Ground,
  name: string,
  labels: Readonly<Record<string, string>>,
  address: string,
  isReady: boolean,
): Promise<void> {
  await ground.kube.create(ground.path("pods"), placedPod(name, labels))
  await setPodStatus(ground, name, runningStatus(address, isReady))
}

export function services(on: GroundOf): void {
  test("a Service is given an address that it keeps, and defaults", async () => {
    const { kube, path } = on()
    const made = await kube.create(path("services"), service("e-addr", { app: "e-addr" }))
    const address = text(made, "spec", "clusterIP")
    assert.match(address, /^\d+\.\d+\.\d+\.\d+$/)
    assert.equal(at(made, "spec", "type"), "ClusterIP")
    assert.equal(at(made, "spec", "ports", 0, "protocol"), "TCP")
    const patched = await kube.patch("merge", path("services", "e-addr"), {
      spec: { selector: { app: "other" } },
    })
    assert.equal(at(patched.body, "spec", "clusterIP"), address)
    const moved = { spec: { clusterIP: "10.255.255.1" } }
    assert.equal((await kube.patch("merge", path("services", "e-addr"), moved)).status, 422)
  })

  test("pods stand behind a Service by their labels, ready ones and others apart", async () => {
    const ground = on()
    await ground.kube.create(ground.path("services"), service("e-ready", { app: "e-ready" }))
    await pod(ground, "e-ready-1", { app: "e-ready" }, "10.1.0.1", true)
    await pod(ground, "e-ready-2", { app: "e-ready" }, "10.1.0.2", false)
    const found = await endpointsAre(ground, "e-ready", "10.1.0.1", "10.1.0.2")
    const subset = list(found, "subsets")[0]
    assert.equal(at(subset, "ports", 0, "port"), 80)
    assert.equal(at(subset, "ports", 0, "name"), "web")
    assert.equal(at(subset, "addresses", 0, "targetRef", "name"), "e-ready-1")
    await setPodStatus(ground, "e-ready-2", runningStatus("10.1.0.2", true))
    await endpointsAre(ground, "e-ready", "10.1.0.1 10.1.0.2", "")
    await setPodStatus(ground, "e-ready-1", runningStatus("10.1.0.1", false))
    await endpointsAre(ground, "e-ready", "10.1.0.2", "10.1.0.1")
  })

  test("a change of a pod's label moves it from one Service to another", async () => {
    const ground = on()
    const { kube, path } = ground
    await kube.create(path("services"), service("e-rw", { app: "e-role", role: "primary" }))
    await kube.create(path("services"), service("e-ro", { app: "e-role", role: "replica" }))
    await pod(ground, "e-role-0", { app: "e-role", role: "primary" }, "10.2.0.1", true)
    await pod(ground, "e-role-1", { app: "e-role", role: "replica" }, "10.2.0.2", true)
    await endpointsAre(ground, "e-rw", "10.2.0.1", "")
    await endpointsAre(ground, "e-ro", "10.2.0.2", "")
    const label = (name: string, role: string): Promise<unknown> =>
      kube.patch("merge", path("pods", name), { metadata: { labels: { role } } })
    await label("e-role-0", "replica")
    await endpointsAre(ground, "e-rw", "", "")
    await label("e-role-1", "primary")
    await endpointsAre(ground, "e-rw", "10.2.0.2", "")
    await endpointsAre(ground, "e-ro", "10.2.0.1", "")
  })

  test("a headless Service that publishes unready pods lists them all", async () => {
    const ground = on()
    const rest = { clusterIP: "None", publishNotReadyAddresses: true }
    const made = await ground.kube.create(
      ground.path("services"),
      service("e-less", { app: "e-less" }, rest),
    )
    assert.equal(at(made, "spec", "clusterIP"), "None")
    await pod(ground, "e-less-1", { app: "e-less" }, "10.3.0.1", false)
    await endpointsAre(ground, "e-less", "10.3.0.1", "")
  })

  test("a deleted pod, and one that has ended, stands behind no Service", async () => {
    const ground = on()
    const { kube, path } = ground
    await kube.create(path("services"), service("e-gone", { app: "e-gone" }))
    await pod(ground, "e-gone-1", { app: "e-gone" }, "10.4.0.1", true)
    await pod(ground, "e-gone-2", { app: "e-gone" }, "10.4.0.2", true)
    await endpointsAre(ground, "e-gone", "10.4.0.1 10.4.0.2", "")
    await kube.must(200, "DELETE", path("pods", "e-gone-1"))
    await endpointsAre(ground, "e-gone", "10.4.0.2", "")
    await kube.must(200, "DELETE", path("services", "e-gone"))
    await kube.until(path("endpoints"), (all) =>
      all.some((one) => nameOf(one) === "e-gone") ? undefined : true,
    )
  })

  test("a Service without ports that is not headless is refused", async () => {
    const { kube, path } = on()
    const body = { metadata: { name: "e-bad" }, spec: { selector: { a: "b" } } }
    assert.equal((await kube.call("POST", path("services"), { body })).status, 422)
  })
}
