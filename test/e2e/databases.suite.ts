/** A database as a person asks for it, from REST to the login of an application, and no pod that restarts for it. */
import assert from "node:assert/strict"
import { present } from "#core/assert.ts"
import type { CentralApi } from "../../src/demo/central-api.ts"
import type { Patient } from "../../src/demo/patient.ts"
import { tried } from "../fixtures/login.ts"
import { until } from "./wait.ts"

const soonMs = 60_000

/** Two addresses of this host from which pods are reached, each with a network that has it and not the other. */
export type Places = {
  readonly inside: { readonly address: string; readonly cidr: string }
  readonly outside: { readonly address: string; readonly cidr: string }
}

/** Where pods have addresses of this host. */
export const loopback: Places = {
  inside: { address: "127.240.5.1", cidr: "127.240.5.0/24" },
  outside: { address: "127.240.6.1", cidr: "127.240.6.0/24" },
}

/** Resolves with what must hold after any failover too. */
export async function databaseByRest(
  api: CentralApi,
  patient: Pick<Patient, "kube" | "namespace" | "name" | "id">,
  { inside, outside }: Places,
): Promise<() => Promise<void>> {
  const { kube, namespace, name, id } = patient
  const pods = async () =>
    (await kube.pods(namespace, name))
      .map(({ uid, restarts }) => ({ uid, restarts }))
      .toSorted((a, b) => a.uid.localeCompare(b.uid))
  const before = await pods()
  const primary = async (): Promise<string> =>
    present((await kube.primary(namespace, name))?.ip, "the primary has an address")
  const applied = (databaseId: string) =>
    until("the primary confirms the database", soonMs, async () => {
      const now = await api.call("getDatabase", { params: { id, databaseId } })
      return now.state === "applied" ? now : undefined
    })

  const made = await api.call("createDatabase", {
    params: { id },
    body: { name: 'till "7"', owner: "kasse ü", allowedCidrs: [inside.cidr] },
  })
  const password = present(made.password ?? undefined, "a password was made, and is shown")
  const login = { database: 'till "7"', user: "kasse ü", password, from: inside.address }
  const shown = await applied(made.database.id)
  assert.equal(await tried(await primary(), login), "in")
  assert.equal(await tried(await primary(), { ...login, from: outside.address }), "28000")

  const params = { id, databaseId: made.database.id }
  const rotated = await api.call("rotateDatabasePassword", {
    params,
    body: { version: shown.version },
  })
  const renewed = await applied(made.database.id)
  const second = present(rotated.password ?? undefined, "a new password is shown")
  assert.equal(await tried(await primary(), login), "28P01")
  assert.equal(await tried(await primary(), { ...login, password: second }), "in")

  await api.call("editDatabase", {
    params,
    body: { version: renewed.version, allowedCidrs: [outside.cidr] },
  })
  await applied(made.database.id)
  const isLimited = async (): Promise<void> => {
    assert.equal(await tried(await primary(), { ...login, password: second }), "28000")
    assert.equal(
      await tried(await primary(), { ...login, password: second, from: outside.address }),
      "in",
    )
  }
  await isLimited()
  assert.deepEqual(await pods(), before, "no pod was replaced and no container restarted")
  return isLimited
}
