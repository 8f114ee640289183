/** How a cluster's databases reach its pods: the list in its Secret, the limits in its rules, and a secret nowhere else. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { Databases } from "#core/cluster/databases.ts"
import { annotation, configKey, secretKey } from "#core/names.ts"
import { isRecord } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import { scramVerifier } from "#io/postgres/scram.ts"
import { parseDatabases } from "#wire/databases-file.ts"
import {
  SatelliteUnderTest,
  type TestKube,
  anySpec,
  configVersion,
  never,
} from "../satellite-under-test.ts"
import { TinyCentral } from "../tiny-central.ts"
import { names } from "./settled.ts"

const databases = async (revision: number, password = "a password"): Promise<Databases> => ({
  roles: [{ name: "app", revision, verifier: await scramVerifier(password) }],
  databases: [
    {
      name: 'a "b"',
      owner: "app",
      revision,
      allowedCidrs: ["10.1.0.0/16"],
      endSessions: true,
      dropping: undefined,
    },
  ],
})

export function databaseTests(kube: () => TestKube): void {
  test("databases reach the pods by their Secret and rules, no template changes, and a verifier is in no ConfigMap", async () => {
    await using central = new TinyCentral()
    await central.open()
    const system = kube().namespace("dbs-sys")
    const spec = anySpec({ namespace: kube().namespace("dbs"), members: 1 })
    const at = spec.namespace
    central.clusters = [spec]
    const options = { central: central.url, namespace: system }
    const satellite = await SatelliteUnderTest.start(kube(), options)
    try {
      const applied = (version: number) =>
        central.until(`version ${version} applied`, () =>
          central.acks.some((ack) => ack.version === version && ack.outcome.kind === "applied"),
        )
      const valueOf = async (key: string): Promise<string | undefined> => {
        const secret = await kube().get(kinds.Secret, at, names.secret)
        const data = isRecord(secret?.["data"]) ? secret["data"] : {}
        const value = data[key]
        return typeof value === "string" ? Buffer.from(value, "base64").toString() : undefined
      }
      const template = async (): Promise<unknown> => {
        const set = await kube().get(kinds.StatefulSet, at, names.statefulSet)
        return set?.metadata.annotations?.[annotation.templateHash]
      }
      const inRules = async (): Promise<string> => {
        const map = await kube().get(kinds.ConfigMap, at, names.configMap)
        return isRecord(map?.["data"]) ? String(map["data"][configKey.hba]) : ""
      }
      await applied(1)
      assert.equal(await valueOf(secretKey.databases), undefined)
      const before = [await template(), await valueOf(secretKey.superuserPassword)]

      const first = { ...spec, version: configVersion(2), databases: await databases(1) }
      central.clusters = [first]
      central.send({ kind: "config", spec: first })
      await applied(2)
      assert.deepEqual(parseDatabases(await valueOf(secretKey.databases)), {
        kind: "ok",
        value: first.databases,
      })
      assert.match(
        await inRules(),
        /host "a ""b""" all 10\.1\.0\.0\/16 scram-sha-256\nhost "a ""b""" all all reject\n/,
      )
      assert.deepEqual([await template(), await valueOf(secretKey.superuserPassword)], before)

      // Alone after a restart: what it kept is without secrets, and what the Secret has stays.
      await satellite.stop()
      await central.close()
      const alone = await SatelliteUnderTest.start(kube(), options)
      const set = await kube().get(kinds.StatefulSet, at, names.statefulSet)
      assert.ok(set)
      await kube().api.delete(kinds.StatefulSet, set, "Background", never)
      await kube().until("a pass without central", async () => {
        const live = await kube().get(kinds.StatefulSet, at, names.statefulSet)
        return live === undefined || live.metadata.uid === set.metadata.uid ? undefined : live
      })
      assert.deepEqual(parseDatabases(await valueOf(secretKey.databases)), {
        kind: "ok",
        value: first.databases,
      })
      await alone.stop()

      // Killed before it wrote the Secret: central says the same version again, and it is taken for its secrets.
      const secret = await kube().get(kinds.Secret, at, names.secret)
      assert.ok(secret)
      await kube().api.mergePatch(
        kinds.Secret,
        secret,
        { data: { [secretKey.databases]: null } },
        "test",
        never,
      )
      await central.open()
      await using _again = await SatelliteUnderTest.start(kube(), options)
      await kube().until("the verifier again", async () => {
        const read = parseDatabases(await valueOf(secretKey.databases))
        return read.kind === "ok" && read.value.roles[0]?.verifier !== undefined ? true : undefined
      })

      const maps = [
        ...(await kube().all(at, [kinds.ConfigMap])),
        ...(await kube().all(system, [kinds.ConfigMap])),
      ]
      assert.ok(maps.some(([, map]) => JSON.stringify(map).includes("10.1.0.0/16")))
      for (const [name, map] of maps)
        assert.ok(!JSON.stringify(map).includes("SCRAM-SHA"), `${name} holds no verifier`)
      assert.ok(!JSON.stringify([...central.events.values()]).includes("SCRAM-SHA"))
    } finally {
      await satellite[Symbol.asyncDispose]()
    }
  })
}
