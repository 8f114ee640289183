/** What central decides about a site as a whole: tiers of storage, and the mirror of images. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { configKey } from "#core/names.ts"
import type { RecoveryRule } from "#core/recovery/rule.ts"
import { mebibytes } from "#core/units.ts"
import { isRecord } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import { podConfigSchema } from "#wire/pod-config.ts"
import { ruleSetOf, ruleSetSchema } from "#wire/rule-set-schema.ts"
import {
  SatelliteUnderTest,
  type TestKube,
  anySpec,
  configVersion,
  never,
} from "../satellite-under-test.ts"
import { TinyCentral } from "../tiny-central.ts"
import { names, settled } from "./settled.ts"

export function siteSettingsTests(kube: () => TestKube): void {
  test("a tier waits until it is mapped to a class that is there, keeps that class, and is known without central", async () => {
    await using central = new TinyCentral()
    await central.open()
    const system = kube().namespace("tier-sys")
    const data = { size: mebibytes(64), storageClass: undefined, tier: "fast" }
    const spec = anySpec({ namespace: kube().namespace("tier"), members: 1, data })
    const at = spec.namespace
    const settings = { satelliteName: "north", tiers: {}, imageMirror: undefined }
    central.settings = settings
    central.clusters = [spec]
    const options = { central: central.url, namespace: system }
    const satellite = await SatelliteUnderTest.start(kube(), options)
    const waits = (why: RegExp) =>
      central.until(String(why), () => {
        const outcome = central.acks.at(-1)?.outcome
        return outcome?.kind === "waiting" && why.test(outcome.reason)
      })
    const mapped = (storageClass: string): void =>
      central.send({
        kind: "site-settings",
        settings: { ...settings, tiers: { fast: storageClass } },
      })
    const classOf = async (): Promise<unknown> => {
      const set = await kube().get(kinds.StatefulSet, at, names.statefulSet)
      const claims = isRecord(set?.["spec"]) ? set["spec"]["volumeClaimTemplates"] : undefined
      const [claim] = Array.isArray(claims) ? claims : []
      return claim?.spec?.storageClassName
    }
    await waits(/tier fast, .* no StorageClass of satellite north: map it/)
    assert.equal(await kube().get(kinds.StatefulSet, at, names.statefulSet), undefined)
    const name = kube().namespace("class")
    mapped(name)
    await waits(new RegExp(`StorageClass ${name}, .*tier fast .*does not exist on satellite north`))
    const provisioner = "kubernetes.io/no-provisioner"
    const body = { apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name } }
    const made = await kube().api.create(
      kinds.StorageClass,
      { ...body, provisioner },
      "test",
      never,
    )
    try {
      await central.until("applied", () => central.acks.at(-1)?.outcome.kind === "applied")
      assert.equal(await classOf(), name)
      const acks = central.acks.length
      mapped("another")
      const next = { ...spec, version: configVersion(2), parameters: { work_mem: "9MB" } }
      central.send({ kind: "config", spec: next })
      await central.until("the next version", () => central.acks.length > acks)
      assert.deepEqual(central.acks.at(-1)?.outcome, { kind: "applied" })
      assert.equal(await classOf(), name)
      mapped(name)
      await kube().until("the mapping kept", async () => {
        const kept = await kube().get(kinds.ConfigMap, system, "pg-swarm-site-settings")
        return JSON.stringify(kept?.["data"]).includes(name) ? true : undefined
      })
      await satellite.stop()
      await central.close()
      const set = await kube().get(kinds.StatefulSet, at, names.statefulSet)
      assert.ok(set)
      await kube().api.delete(kinds.StatefulSet, set, "Background", never)
      await using _alone = await SatelliteUnderTest.start(kube(), options)
      await kube().until("a StatefulSet without central", async () => {
        const live = await kube().get(kinds.StatefulSet, at, names.statefulSet)
        return live === undefined || live.metadata.uid === set.metadata.uid ? undefined : live
      })
      assert.equal(await classOf(), name)
    } finally {
      await satellite[Symbol.asyncDispose]()
      await kube().api.delete(kinds.StorageClass, made, "Background", never)
    }
  })

  test("images come from the site's mirror, whatever registry they name", async () => {
    const digest = `sha256:${"0a".repeat(32)}`
    const image = `docker.io/library/postgres:17.2@${digest}`
    await using site = await settled(kube(), "mirror", { postgres: { major: 17, image } })
    const imageOf = async (): Promise<unknown> => {
      const set = await kube().get(kinds.StatefulSet, site.spec.namespace, names.statefulSet)
      return JSON.stringify(set?.["spec"])
    }
    assert.match(String(await imageOf()), new RegExp(`"${image}"`))
    const imageMirror = "registry.north:5000/hub"
    site.central.send({
      kind: "site-settings",
      settings: { satelliteName: "north", tiers: {}, imageMirror },
    })
    await kube().until("the mirror's image", async () =>
      String(await imageOf()).includes(`"${imageMirror}/library/postgres:17.2@${digest}"`)
        ? true
        : undefined,
    )
  })

  test("C1: a changed set of rules is whole in pod.json, and no pod is made anew for it", async () => {
    await using site = await settled(kube(), "rules")
    const at = site.spec.namespace
    const template = async (): Promise<unknown> => {
      const set = await kube().get(kinds.StatefulSet, at, names.statefulSet)
      return isRecord(set?.["spec"]) ? set["spec"]["template"] : undefined
    }
    const before = await template()
    const rule: RecoveryRule = {
      name: "disk-gone",
      category: "storage",
      pattern: "Input/output error$",
      severities: ["PANIC"],
      action: "rebasebackup",
      command: undefined,
      cooldownSeconds: 900,
      threshold: { count: 3, withinSeconds: 60 },
      enabled: true,
      description: "The disk fails",
    }
    const recovery = { allowExec: false, rules: [rule] }
    site.central.send({
      kind: "config",
      spec: { ...site.spec, version: configVersion(2), recovery },
    })
    const podConfig = await kube().until("the rules in pod.json", async () => {
      const map = await kube().get(kinds.ConfigMap, at, names.configMap)
      const data = isRecord(map?.["data"]) ? map["data"] : {}
      const text = String(data[configKey.podConfig])
      return text.includes("disk-gone") ? text : undefined
    })
    const { recovery: told } = podConfigSchema.parse(JSON.parse(podConfig))
    assert.deepEqual(ruleSetOf(ruleSetSchema.parse(told)), recovery)
    assert.deepEqual(await template(), before)
  })
}
