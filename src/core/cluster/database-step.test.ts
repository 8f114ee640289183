import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { type Catalog, type DatabaseStep, type Wanted, nextStep } from "./database-step.ts"

type Server = {
  roles: Map<string, { oid: number; verifier: string | undefined }>
  databases: Map<string, { oid: number; owner: string; sessions: number }>
  marks: {
    roles: Map<string, { oid: number }>
    databases: Map<string, { oid: number | undefined }>
  }
  oid: number
}

const empty = (): Server => ({
  roles: new Map(),
  databases: new Map(),
  marks: { roles: new Map(), databases: new Map() },
  oid: 100,
})

/** What the SQL of a step does, or the first half of it where the primary dies in the middle. */
function perform(server: Server, step: DatabaseStep, dies: boolean): void {
  const { roles, databases, marks } = server
  server.oid += 1
  switch (step.kind) {
    case "create-role":
      // One transaction: both or neither.
      if (dies) return
      roles.set(step.role, { oid: server.oid, verifier: step.verifier })
      marks.roles.set(step.role, { oid: server.oid })
      return
    case "set-password":
      if (!dies)
        roles.set(step.role, { oid: roles.get(step.role)?.oid ?? 0, verifier: step.verifier })
      return
    case "create-database":
      marks.databases.set(step.name, { oid: undefined })
      if (!dies) databases.set(step.name, { oid: server.oid, owner: step.owner, sessions: 0 })
      return
    case "settle-database":
      if (!dies) marks.databases.set(step.name, { oid: databases.get(step.name)?.oid })
      return
    case "change-owner": {
      const held = databases.get(step.name)
      if (!dies && held !== undefined) databases.set(step.name, { ...held, owner: step.to })
      return
    }
    case "drop-database":
      if (!dies) databases.delete(step.name)
      return
    case "forget-database":
      if (!dies) marks.databases.delete(step.name)
      return
    case "drop-role":
      if (dies) return
      roles.delete(step.role)
      marks.roles.delete(step.role)
      return
  }
}

const wanted = (change: Partial<Wanted["database"]> = {}, verifier = "v1"): Wanted => ({
  database: {
    name: "app",
    owner: "owner",
    revision: 1,
    allowedCidrs: [],
    endSessions: true,
    dropping: undefined,
    ...change,
  },
  role: { name: change.owner ?? "owner", revision: 1, verifier },
  unlimited: undefined,
  sharesOwner: false,
})

function rest(server: Server, want: Wanted, deaths: readonly boolean[] = []): string {
  for (let turn = 0; turn < 30; turn += 1) {
    const next = nextStep(want, server)
    if (next.kind !== "step") return next.kind
    perform(server, next.step, deaths[turn] === true)
  }
  return "restless"
}

test("wherever primaries die on the way, it comes to what was asked for, and rests there", () => {
  const order = fc.oneof(
    fc.constant(wanted()),
    fc.constant(wanted({}, "v2")),
    fc.constant(wanted({ owner: "other" })),
    fc.constant(wanted({ dropping: { role: true } })),
  )
  fc.assert(
    fc.property(
      fc.array(fc.tuple(order, fc.array(fc.boolean(), { maxLength: 6 })), {
        minLength: 1,
        maxLength: 6,
      }),
      (orders) => {
        const server = empty()
        for (const [want, deaths] of orders) {
          const isDropping = want.database.dropping !== undefined
          assert.equal(rest(server, want, deaths), isDropping ? "dropped" : "applied")
          assert.equal(server.databases.has("app"), !isDropping)
          if (isDropping) assert.equal(server.marks.databases.size, 0)
          else {
            assert.equal(server.databases.get("app")?.owner, want.database.owner)
            assert.equal(server.roles.get(want.database.owner)?.verifier, want.role?.verifier)
          }
        }
      },
    ),
  )
})

test("what pg-swarm did not make is neither taken over nor dropped", () => {
  const foreign = (): Server => ({
    ...empty(),
    databases: new Map([["app", { oid: 7, owner: "postgres", sessions: 0 }]]),
    roles: new Map([["owner", { oid: 8, verifier: "theirs" }]]),
  })
  const server = foreign()
  assert.equal(rest(server, wanted()), "failed")
  assert.equal(rest(server, wanted({ dropping: { role: true } })), "dropped")
  assert.deepEqual(server, foreign())
  // Made by pg-swarm, dropped by hand, and then somebody's own under the same name.
  const replaced = foreign()
  replaced.roles.clear()
  replaced.marks.databases.set("app", { oid: 5 })
  assert.equal(rest(replaced, wanted()), "failed")
  assert.equal(rest(replaced, wanted({ dropping: { role: true } })), "dropped")
  assert.equal(replaced.databases.get("app")?.oid, 7)
})

test("a database that was made and is gone is missed, and never made anew, empty, by itself", () => {
  const server = empty()
  assert.equal(rest(server, wanted()), "applied")
  server.databases.delete("app")
  const next = nextStep(wanted(), server)
  assert.equal(next.kind, "failed")
  assert.match(next.reason, /somebody dropped it/)
  server.databases.set("renamed", {
    oid: server.marks.databases.get("app")?.oid ?? 0,
    owner: "owner",
    sessions: 0,
  })
  const renamed = nextStep(wanted(), server)
  assert.equal(renamed.kind === "failed" && renamed.reason.includes("called renamed"), true)
})

test("nothing is made before its limits bind, or without a password that somebody knows", () => {
  const catalog: Catalog = empty()
  assert.deepEqual(nextStep({ ...wanted(), unlimited: "not yet" }, catalog), {
    kind: "waiting",
    reason: "not yet",
  })
  assert.equal(nextStep({ ...wanted(), role: undefined }, catalog).kind, "waiting")
})

test("an owner stays while another database has it, and a password that is not said stays", () => {
  const server = empty()
  rest(server, wanted())
  assert.equal(
    rest(server, { ...wanted({ dropping: { role: true } }), sharesOwner: true }),
    "dropped",
  )
  assert.equal(server.roles.has("owner"), true)
  const unsaid = { ...wanted(), role: { name: "owner", revision: 2, verifier: undefined } }
  assert.equal(rest(server, unsaid), "applied")
  assert.equal(server.roles.get("owner")?.verifier, "v1")
})
