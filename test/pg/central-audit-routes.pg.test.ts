/**
 * Every changing route of the OpenAPI document writes to the audit what it did, or stands in the short list of those
 * that change nothing. A route that is new has to be put into one of the two tables here: without that, this fails.
 */
import assert from "node:assert/strict"
import { test } from "node:test"
import pg from "pg"
import type { RouteName } from "#wire/rest/routes.ts"
import { type Given, pathOf, request, smallSpec } from "../fixtures/central.ts"
import { ChangingWorld } from "../fixtures/changing-world.ts"
import { fingerprint } from "../fixtures/fingerprint.ts"
import { describedRoutes } from "../fixtures/fuzz/described.ts"
import { oneCentral } from "../fixtures/one-central.ts"
import { isRouteName, route } from "../fixtures/rest.ts"

/** Looks at the database beside central. */
let onlooker: pg.Client
let world: ChangingWorld
let document: unknown
oneCentral(async (opened) => {
  onlooker = new pg.Client({ connectionString: opened.url })
  await onlooker.connect()
  opened.open.push({ close: async () => onlooker.end() })
  world = new ChangingWorld(opened)
  document = (await request(opened.base, "GET", "/api/v1/openapi.json")).body
})

/** How a route is called so that it does something. */
type Call = Given & {
  /** Sent instead of the admin's token, by who is called so. */
  readonly by?: { readonly name: string; readonly cookie?: string }
}
/** What must be on record: how it was (`before`), how it is (`after`), or both, and then they differ. */
type Sides = "before" | "after" | "both"
type Audited = readonly [
  action: string,
  sides: Sides,
  call: (world: ChangingWorld) => Promise<Call>,
]

const bodyOf = (body: unknown) => () => Promise.resolve({ body })

const access = {
  signIn: [
    "sign-in",
    "after",
    async (w) => {
      const { name, password } = await w.person()
      return { body: { user: name, password }, by: { name } }
    },
  ],
  signOut: ["end", "before", async (w) => ({ by: await w.person() })],
  changePassword: [
    "change-password",
    "both",
    async (w) => {
      const person = await w.person()
      return { body: { current: person.password, password: "something else, as long" }, by: person }
    },
  ],
  endSession: [
    "end",
    "before",
    async (w) => {
      const { id: personId } = await w.person()
      const { items } = await w.api.ok("listSessions", { query: { personId } })
      return { params: { id: items[0]?.id ?? "" } }
    },
  ],
  createToken: ["create", "after", async (w) => ({ body: { name: w.name() } })],
  revokeToken: [
    "revoke",
    "before",
    async (w) => {
      const { id } = await w.api.ok("createToken", { body: { name: w.name() } })
      return { params: { id } }
    },
  ],
  createPerson: ["create", "after", async (w) => ({ body: { name: w.name(), role: "viewer" } })],
  editPerson: [
    "edit",
    "both",
    async (w) => {
      const { params, id } = await w.person()
      const { version } = await w.api.ok("getPerson", { params: { id } })
      return { params, body: { version, role: "viewer" } }
    },
  ],
  deletePerson: ["delete", "before", async (w) => ({ params: (await w.person()).params })],
  resetPassword: [
    "reset-password",
    "both",
    async (w) => ({ params: (await w.person()).params, body: {} }),
  ],
} satisfies Partial<Record<RouteName, Audited>>

const satellites = {
  approveSatellite: [
    "approve",
    "both",
    async (w) => ({ params: { id: (await w.pending()).id }, body: {} }),
  ],
  rejectSatellite: ["reject", "both", async (w) => ({ params: { id: (await w.pending()).id } })],
  editSatellite: [
    "edit",
    "both",
    async (w) => {
      const site = await w.approved()
      const version = await w.satelliteVersion(site)
      return { params: { id: site.id }, body: { version, labels: { region: "north" } } }
    },
  ],
  rotateSatelliteToken: [
    "rotate-token",
    "both",
    async (w) => ({ params: { id: (await w.approved()).id } }),
  ],
  revokeSatellite: [
    "revoke",
    "both",
    async (w) => ({ params: { id: (await w.approved()).id }, body: {} }),
  ],
  replaceSatellite: [
    "replace",
    "both",
    async (w) => {
      const [{ id }, { id: by }] = [await w.approved(), await w.pending()]
      return { params: { id }, body: { by } }
    },
  ],
  decommissionSatellite: [
    "decommission",
    "before",
    async (w) => ({ params: { id: (await w.approved()).id }, body: {} }),
  ],
  mapTiers: [
    "map-tiers",
    "both",
    async (w) => {
      const site = await w.approved()
      const version = await w.satelliteVersion(site)
      const { name } = await w.tier()
      return { params: { id: site.id }, body: { version, tiers: { [name]: "standard" } } }
    },
  ],
  putSatelliteMirror: [
    "set-image-mirror",
    "both",
    async (w) => {
      const site = await w.approved()
      const mirror = { kind: "own", registry: "mirror.example.org" }
      return { params: { id: site.id }, body: { version: await w.satelliteVersion(site), mirror } }
    },
  ],
  putSatelliteLogLevel: [
    "set-log-level",
    "both",
    async (w) => ({ params: { id: (await w.approved()).id }, body: { level: "debug" } }),
  ],
} satisfies Partial<Record<RouteName, Audited>>

const clusters = {
  editCluster: [
    "edit",
    "both",
    async (w) => {
      const { params } = await w.cluster()
      const { version, deletionProtected } = await w.api.ok("getCluster", { params })
      return { params, body: { version, deletionProtected: !deletionProtected } }
    },
  ],
  pauseCluster: [
    "pause",
    "both",
    async (w) => ({ params: (await w.cluster()).params, body: { reason: "so" } }),
  ],
  resumeCluster: [
    "resume",
    "both",
    async (w) => {
      const { params } = await w.cluster()
      await w.api.ok("pauseCluster", { params, body: {} })
      return { params }
    },
  ],
  deleteCluster: [
    "delete",
    "both",
    async (w) => {
      const { params } = await w.cluster()
      const { version, deletionProtected } = await w.api.ok("getCluster", { params })
      if (deletionProtected)
        await w.api.ok("editCluster", { params, body: { version, deletionProtected: false } })
      return { params }
    },
  ],
  putClusterLogLevel: [
    "set-log-level",
    "both",
    async (w) => ({ params: (await w.cluster()).params, body: { level: "debug" } }),
  ],
  createDatabase: [
    "create",
    "after",
    async (w) => ({ params: (await w.cluster()).params, body: { name: "shop", owner: "shop" } }),
  ],
  editDatabase: [
    "edit",
    "both",
    async (w) => {
      const { params, database } = await w.database()
      return { params, body: { version: database.version, allowedCidrs: ["10.0.0.0/8"] } }
    },
  ],
  rotateDatabasePassword: [
    "rotate-password",
    "both",
    async (w) => {
      const { params, database } = await w.database()
      return { params, body: { version: database.version } }
    },
  ],
  dropDatabase: [
    "drop",
    "both",
    async (w) => {
      const { params, database } = await w.database()
      return { params, body: { version: database.version, name: "shop" } }
    },
  ],
} satisfies Partial<Record<RouteName, Audited>>

const operations = {
  startSwitchover: [
    "start",
    "after",
    async (w) => ({ params: (await w.cluster()).params, body: { to: "orders-1" } }),
  ],
  fenceCluster: [
    "start",
    "after",
    async (w) => ({ params: (await w.cluster()).params, body: { reason: "so" } }),
  ],
  unfenceCluster: ["start", "after", async (w) => ({ params: (await w.cluster()).params })],
  promoteMember: [
    "start",
    "after",
    async (w) => {
      const cluster = await w.cluster()
      await w.vacated(cluster)
      return { params: cluster.params, body: { to: "orders-1" } }
    },
  ],
  restartCluster: [
    "start",
    "after",
    async (w) => ({ params: (await w.cluster()).params, body: {} }),
  ],
  cancelOperation: [
    "cancel",
    "both",
    async (w) => {
      const { params } = await w.cluster()
      const { id } = await w.api.ok("startSwitchover", { params, body: {} })
      return { params: { id } }
    },
  ],
} satisfies Partial<Record<RouteName, Audited>>

const profiles = {
  createProfile: ["create", "after", async (w) => ({ body: { name: w.name(), spec: smallSpec } })],
  deleteProfile: ["delete", "before", async (w) => ({ params: { id: (await w.profile()).id } })],
  editProfile: [
    "edit",
    "both",
    async (w) => {
      const { id, version } = await w.profile()
      return { params: { id }, body: { version, spec: { ...smallSpec, members: 5 } } }
    },
  ],
  revertProfile: [
    "edit",
    "both",
    async (w) => {
      const { id, version } = await w.profile()
      const edited = await w.api.ok("editProfile", {
        params: { id },
        body: { version, spec: { ...smallSpec, members: 5 } },
      })
      return { params: { id }, body: { version: edited.version, to: 1 } }
    },
  ],
  cloneProfile: [
    "create",
    "after",
    async (w) => ({ params: { id: (await w.profile()).id }, body: { name: w.name() } }),
  ],
  orderParameter: [
    "create",
    "after",
    async () => ({
      params: { name: "work_mem" },
      body: { major: 17, version: 0, order: "restart", note: "so" },
    }),
  ],
  createRule: ["create", "after", async (w) => ({ body: w.ruleBody((await w.profile()).id) })],
  editRule: [
    "edit",
    "both",
    async (w) => {
      const { id, version } = await w.rule()
      return { params: { id }, body: { version, clusterName: "other" } }
    },
  ],
  deleteRule: ["delete", "before", async (w) => ({ params: { id: (await w.rule()).id } })],
} satisfies Partial<Record<RouteName, Audited>>

const catalogues = {
  createStorageTier: ["create", "after", async (w) => ({ body: { name: w.name() } })],
  editStorageTier: [
    "edit",
    "both",
    async (w) => {
      const { name, version } = await w.tier()
      return { params: { name }, body: { version, description: "fast" } }
    },
  ],
  deleteStorageTier: [
    "delete",
    "before",
    async (w) => ({ params: { name: (await w.tier()).name } }),
  ],
  createRuleSet: [
    "create",
    "after",
    async (w) => ({ body: { name: w.name(), set: { rules: [] } } }),
  ],
  editRuleSet: [
    "edit",
    "both",
    async (w) => {
      const { id, version } = await w.ruleSet()
      return { params: { id }, body: { version, description: "ours" } }
    },
  ],
  deleteRuleSet: ["delete", "before", async (w) => ({ params: { id: (await w.ruleSet()).id } })],
  createImageVariant: ["create", "after", async (w) => ({ body: { name: w.name(), uid: 999 } })],
  editImageVariant: [
    "edit",
    "both",
    async (w) => {
      const { name, version } = await w.variant()
      return { params: { name }, body: { version, description: "ours" } }
    },
  ],
  deleteImageVariant: [
    "delete",
    "before",
    async (w) => ({ params: { name: (await w.variant()).name } }),
  ],
  createImage: [
    "create",
    "after",
    async (w) => {
      const { name: variant } = await w.variant()
      return { body: { variant, minor: "17.2", reference: "postgres:17.2" } }
    },
  ],
  editImage: [
    "edit",
    "both",
    async (w) => {
      const { id, version } = await w.image()
      return { params: { id }, body: { version, notes: "ours" } }
    },
  ],
  deleteImage: ["delete", "before", async (w) => ({ params: { id: (await w.image()).id } })],
  putImageMirror: [
    "edit",
    "both",
    async (w) => {
      const { version } = await w.api.ok("getImageMirror")
      return { body: { version, mirror: "mirror.example.org" } }
    },
  ],
} satisfies Partial<Record<RouteName, Audited>>

const why = { reason: "so" }
const rollouts = {
  createRollout: ["create", "after", async (w) => ({ body: await w.twoVersions() })],
  pauseRollout: ["pause", "both", async (w) => ({ ...(await w.rollout()), body: why })],
  resumeRollout: [
    "resume",
    "both",
    async (w) => {
      const { params } = await w.rollout()
      await w.api.ok("pauseRollout", { params, body: why })
      return { params }
    },
  ],
  passRolloutGate: [
    "pass-gate",
    "both",
    async (w) => ({ ...(await w.gatedRollout()), body: { stage: 0 } }),
  ],
  haltRollout: ["halt", "both", async (w) => ({ ...(await w.rollout()), body: why })],
  rollBackRollout: ["roll-back", "both", async (w) => ({ ...(await w.rollout()), body: why })],
  cancelRollout: ["cancel", "both", async (w) => ({ ...(await w.rollout()), body: why })],
  createFreezeWindow: [
    "create",
    "after",
    bodyOf({
      name: "the-christmas",
      selector: { frozen: "never" },
      time: { kind: "once", from: "2031-12-24T00:00:00Z", until: "2031-12-27T00:00:00Z" },
    }),
  ],
  editFreezeWindow: [
    "edit",
    "both",
    async (w) => {
      const { id, version } = await w.freezeWindow()
      return { params: { id }, body: { version, name: w.name() } }
    },
  ],
  deleteFreezeWindow: [
    "delete",
    "before",
    async (w) => ({ params: { id: (await w.freezeWindow()).id } }),
  ],
} satisfies Partial<Record<RouteName, Audited>>

const audited: Partial<Record<RouteName, Audited>> = {
  ...access,
  ...satellites,
  ...clusters,
  ...operations,
  ...profiles,
  ...catalogues,
  ...rollouts,
}

/** Routes that ask by POST and change nothing: why there is nothing to record. That they do not is tried, too. */
const unrecorded: Partial<Record<RouteName, [why: string, Audited[2]]>> = {
  checkProfile: ["says what is wrong with a spec", bodyOf({ spec: smallSpec })],
  previewSatellite: [
    "says what an approval or an edit would do",
    async (w) => ({ params: { id: (await w.pending()).id }, body: { deed: "approve" } }),
  ],
  previewImpact: [
    "says what a version would ask of clusters",
    async (w) => ({ params: { id: (await w.profile()).id, specVersion: "1" }, body: {} }),
  ],
  previewRule: [
    "says what a rule would match",
    bodyOf({ selector: { site: "none" }, clusterName: "orders", namespace: "databases" }),
  ],
  previewRollout: [
    "says what a rollout would move",
    async (w) => ({ body: await w.twoVersions() }),
  ],
  tryRuleSet: ["tries rules on a log that is sent along", bodyOf({ log: "" })],
  refreshStorageClasses: [
    "lets a site tell again what it has; what it has is not changed by it",
    async (w) => ({ params: { id: (await w.connected()).site.id } }),
  ],
}

const changing = (): readonly string[] =>
  describedRoutes(document)
    .filter(({ method }) => method !== "GET")
    .map(({ name }) => name)

test("every changing route of the OpenAPI document is in one of the two tables, and no other", () => {
  const known = [...Object.keys(audited), ...Object.keys(unrecorded)]
  assert.deepEqual(known.toSorted(), changing().toSorted())
  assert.equal(new Set(known).size, known.length)
})

async function call(name: RouteName, { by, ...given }: Call) {
  const answer = await request(
    world.base,
    route(name).method,
    pathOf(name, given),
    {
      ...(by === undefined ? { authorization: `Bearer ${world.api.token}` } : {}),
      ...(by?.cookie === undefined ? {} : { cookie: by.cookie }),
      ...(given.body === undefined ? {} : { "content-type": "application/json" }),
    },
    given.body === undefined ? undefined : JSON.stringify(given.body),
  )
  assert.equal(answer.status, route(name).status, `${name}: ${JSON.stringify(answer.body)}`)
  return answer.headers.get("x-request-id") ?? ""
}

const recordOf = async (requestId: string) =>
  (await world.api.ok("listAudit", { query: { requestId } })).items

for (const [name, [action, sides, prepared]] of Object.entries(audited))
  test(`${name} is on record: who, what, by which request, and how it was and is`, async () => {
    assert.ok(isRouteName(name))
    const given = await prepared(world)
    const requestId = await call(name, given)
    const record = await recordOf(requestId)
    const found = record.find((entry) => entry.action === action)
    assert.ok(found !== undefined, `none with the action ${action}: ${JSON.stringify(record)}`)
    assert.ok(found.resourceId !== "" && found.resourceName !== "" && found.address !== null)
    for (const { actor, personId, token } of record)
      assert.deepEqual(
        [actor, personId === null, token],
        [given.by?.name ?? "admin", false, given.by === undefined ? "test" : null],
      )
    assert.deepEqual(
      [found.before !== null, found.after !== null],
      [sides !== "after", sides !== "before"],
      JSON.stringify(found),
    )
    assert.notDeepEqual(found.before, found.after)
    for (const side of [found.before, found.after])
      assert.ok(side === null || Object.keys(side).length > 0, "an empty side tells nothing")
  })

/** Who looks on is noted at a session and at a token. */
const everything = async (): Promise<readonly string[]> =>
  fingerprint(
    onlooker,
    (
      await onlooker.query<{ name: string }>(
        `select relname as name from pg_class where relkind in ('r', 'p') and not relispartition
        and relnamespace = 'public'::regnamespace and relname not in ('fleet_watch', 'session') order by 1`,
      )
    ).rows.map((row) => row.name),
  )

for (const [name, [reason, prepared]] of Object.entries(unrecorded))
  test(`${name} is not on record, for it changes nothing: it ${reason}`, async () => {
    assert.ok(isRouteName(name))
    const given = await prepared(world)
    const was = await everything()
    const requestId = await call(name, given)
    assert.deepEqual(await everything(), was)
    assert.deepEqual(await recordOf(requestId), [])
  })
