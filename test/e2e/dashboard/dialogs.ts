/** The dialogs that decide over data, each opened where a person finds it. */
import type { Cluster } from "#wire/rest/clusters.ts"
import { type Scene, settled } from "./browser.ts"
import { undecided } from "./fleet-parts.ts"

const found = <Item extends { readonly name: string }>(
  items: readonly Item[],
  name: string,
): Item => {
  const item = items.find((each) => each.name === name)
  if (item === undefined) throw new Error(`the fleet has no ${name}`)
  return item
}

async function promote(
  { page, central }: Scene,
  change: (cluster: Cluster) => Partial<Cluster>,
): Promise<void> {
  const cluster = found(central.fleet.clusters, "telemetry")
  Object.assign(cluster, change(cluster))
  await page.goto(`/clusters/${cluster.id}`)
  await page.getByRole("button", { name: "Emergency" }).click()
  await page.getByRole("menuitem", { name: /^Promote a member/ }).click()
  await page.getByRole("alertdialog", { name: /^Promote a member/ }).waitFor()
}

async function replace({ page, central }: Scene, name = "depot-riga"): Promise<void> {
  await page.goto(`/satellites/${found(central.fleet.satellites, name).id}`)
  await settled(page)
  await page.getByRole("button", { name: "Identity" }).click()
  await page.getByRole("menuitem", { name: /^Replace/ }).click()
  await page.getByRole("alertdialog", { name: `Replace ${name}` }).waitFor()
}

/** Each leaves its dialog open. Somebody is signed in. */
export const graveDialogs: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  "promote-loss": (scene) => promote(scene, (cluster) => undecided(cluster, "loss")),
  "promote-lag": (scene) => promote(scene, (cluster) => undecided(cluster, "lag")),
  "promote-pause": (scene) => promote(scene, (cluster) => undecided(cluster, "pause")),
  "promote-nobody": (scene) =>
    promote(scene, (cluster) => {
      const { instances = [], ...change } = undecided(cluster, "loss")
      return { ...change, instances: instances.map((each) => ({ ...each, question: null })) }
    }),
  replace: async (scene) => {
    await replace(scene)
    await scene.page.getByText("without their data").waitFor()
  },
  "replace-choose": async (scene) => {
    await replace(scene)
    await scene.page.getByRole("button", { name: /Satellite that takes over/ }).click()
    await scene.page.getByRole("option", { name: /plant-porto/ }).waitFor()
  },
  "replace-chosen": async (scene) => {
    await replace(scene)
    await scene.page.getByRole("button", { name: /Satellite that takes over/ }).click()
    await scene.page.getByRole("option", { name: /plant-porto/ }).click()
    await scene.page.getByText("They may begin empty").click()
  },
}
