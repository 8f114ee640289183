/** A mirror of images, on a node whose container runtime has the image under the mirror's name. */
import assert from "node:assert/strict"
import { present } from "#core/assert.ts"
import { container, objectNames } from "#core/names.ts"
import type { CentralApi } from "../../../src/demo/central-api.ts"
import { untilWhole } from "../../e2e/failover.suite.ts"
import { until } from "../../e2e/wait.ts"
import type { World } from "../../e2e/world.ts"
import { imageMirror, kubectl } from "./deployed.ts"

const soonMs = 60_000
const wholeMs = 180_000

/** A mirror replaces no pod that runs; one that is made anew runs the mirror's image. */
export async function mirrored(
  api: CentralApi,
  world: World,
  say: (line: string) => void,
): Promise<void> {
  const { namespace, cluster } = world
  const primary = await untilWhole(world, wholeMs)
  const before = await world.kube.pods(namespace, cluster)
  const replica = present(
    before.find(({ name }) => name !== primary.name),
    "there is a replica",
  )
  const { version } = await api.call("getImageMirror")
  await api.call("putImageMirror", { body: { version, mirror: imageMirror } })
  const wanted = `${imageMirror}/pg-swarm/postgres:17`
  const inNamespace = (...words: readonly string[]) => kubectl.run(["-n", namespace, ...words])
  const at = `?(@.name=="${container.postgres}")`
  await until("the template names the mirror", soonMs, async () => {
    const set = `statefulset/${objectNames(cluster).statefulSet}`
    const path = `-o=jsonpath={.spec.template.spec.containers[${at}].image}`
    return (await inNamespace("get", set, path)) === wanted ? true : undefined
  })
  const uids = async () => (await world.kube.pods(namespace, cluster)).map(({ uid }) => uid)
  assert.deepEqual(
    await uids(),
    before.map(({ uid }) => uid),
    "pods that run are left alone",
  )
  await world.kube.deletePod(namespace, replica.name)
  await until("the replica is a new pod", wholeMs, async () =>
    (await uids()).includes(replica.uid) ? undefined : true,
  )
  await untilWhole(world, wholeMs)
  // In its status it may have any of its names; it runs, and nobody could pull it.
  const image = `-o=jsonpath={.spec.containers[${at}].image}`
  assert.equal(await inNamespace("get", `pod/${replica.name}`, image), wanted)
  const now = await api.call("getImageMirror")
  await api.call("putImageMirror", { body: { version: now.version, mirror: null } })
  say(`${replica.name} runs ${wanted}`)
}
