/**
 * Databases of a cluster as people ask for them. What is asked for is sent to the cluster's site and done by
 * its primary; what came of it is what that says (`database-reports.ts`).
 */
import { randomBytes, randomUUID } from "node:crypto"
import type { z } from "zod"
import { databasesMax } from "#core/cluster/databases.ts"
import type { ClusterId, SatelliteId } from "#core/ids.ts"
import { scramVerifier } from "#io/postgres/scram.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import type {
  ClusterDatabase,
  createDatabaseBody,
  DatabaseWithPassword,
  dropDatabaseBody,
  editDatabaseBody,
  rotatePasswordBody,
} from "#wire/rest/databases.ts"
import { audit } from "../audit/audit.ts"
import { done, invalid, notFound, type Outcome, type Refusal, refused } from "../refusal.ts"
import type { SecretBox } from "../secrets/secret-box.ts"
import { notify } from "../store/change.ts"
import { lockCluster, type Place } from "../store/cluster.ts"
import * as store from "../store/cluster-database.ts"
import { forgetUnusedRoles, isRole, putVerifier } from "../store/cluster-role.ts"
import { desiredChanged } from "./placing.ts"
import type { Actor } from "./actor.ts"
import { tell, type Told } from "./tell.ts"

/** What a request works with: who asks, and whose cluster it is. */
type Request = {
  readonly sql: Sql
  readonly box: SecretBox
  readonly cluster: Place
  readonly actor: Actor
}

export async function createDatabase(
  database: Database,
  box: SecretBox,
  cluster: string,
  given: z.output<typeof createDatabaseBody>,
  actor: Actor,
): Promise<Outcome<DatabaseWithPassword>> {
  const secret = await newPassword(given.password)
  return onCluster(database, box, cluster, actor, async (request) => {
    const { sql, cluster: at } = request
    const same = await store.databaseNamed(sql, at.id, given.name)
    if (same !== undefined)
      return invalid409("NAME_TAKEN", "name", nameTaken(given.name, same.dropping))
    if ((await store.countDatabases(sql, at.id)) >= databasesMax)
      return refused(409, "TOO_MANY", `a cluster holds at most ${databasesMax} databases`)
    const password = await ensureOwner(request, given.owner, given.password, secret)
    if (typeof password === "object" && password !== null) return password
    const id = randomUUID()
    const { name, owner, allowedCidrs, endSessions } = given
    await store.insertDatabase(sql, {
      id,
      clusterId: at.id,
      name,
      owner,
      allowedCidrs,
      endSessions,
    })
    await changed(request, {
      kind: "database.requested",
      message: `database ${name} of ${owner} shall be in ${place(at)}${reach(allowedCidrs)}`,
      details: { database: name, owner },
    })
    await audit(sql, actor, {
      action: "create",
      resource: "database",
      id,
      name,
      after: { cluster: at.id, name, owner, allowedCidrs, endSessions, password: id },
    })
    return withPassword(sql, at.id, id, password)
  })
}

export async function editDatabase(
  database: Database,
  box: SecretBox,
  target: Target,
  given: z.output<typeof editDatabaseBody>,
  actor: Actor,
): Promise<Outcome<DatabaseWithPassword>> {
  const secret = await newPassword(given.password)
  return onDatabase(database, box, target, given.version, actor, async (request, before) => {
    const { sql, cluster } = request
    const after = {
      owner: given.owner ?? before.owner,
      allowedCidrs: given.allowedCidrs ?? before.allowedCidrs,
      endSessions: given.endSessions ?? before.endSessions,
    }
    if (given.password !== undefined && after.owner === before.owner)
      return invalid([
        {
          field: "password",
          problem: "belongs to a new owner; the present one gets another password by …/password",
        },
      ])
    const changes = changesOf(before, after)
    if (changes.length === 0) return withPassword(sql, cluster.id, before.id, null)
    const password =
      after.owner === before.owner
        ? null
        : await ensureOwner(request, after.owner, given.password, secret)
    if (typeof password === "object" && password !== null) return password
    await store.updateDatabase(sql, before.id, after)
    await forgetUnusedRoles(sql, cluster.id)
    await changed(request, {
      kind: "database.edited",
      message: `database ${before.name} of ${place(cluster)}: ${changes.join(", ")}`,
      details: { database: before.name },
    })
    await audit(sql, actor, {
      ...recorded(request, before, "edit"),
      after: {
        ...after,
        ...(password === null && given.password === undefined ? {} : { password: after.owner }),
      },
    })
    return withPassword(sql, cluster.id, before.id, password)
  })
}

export async function rotatePassword(
  database: Database,
  box: SecretBox,
  target: Target,
  given: z.output<typeof rotatePasswordBody>,
  actor: Actor,
): Promise<Outcome<DatabaseWithPassword>> {
  const secret = await newPassword(given.password)
  return onDatabase(database, box, target, given.version, actor, async (request, before) => {
    const { sql, cluster } = request
    await putVerifier(sql, box, cluster.id, before.owner, secret.verifier)
    await store.touchOwned(sql, cluster.id, before.owner)
    await changed(request, {
      kind: "database.password-rotated",
      message: `role ${before.owner} of ${place(cluster)} gets a new password`,
      details: { database: before.name, role: before.owner },
    })
    await audit(sql, actor, {
      ...recorded(request, before, "rotate-password"),
      before: { password: before.passwordSetAt },
      after: { password: "" },
    })
    return withPassword(
      sql,
      cluster.id,
      before.id,
      given.password === undefined ? secret.text : null,
    )
  })
}

export async function dropDatabase(
  database: Database,
  box: SecretBox,
  target: Target,
  given: z.output<typeof dropDatabaseBody>,
  actor: Actor,
): Promise<Outcome<ClusterDatabase>> {
  return onDatabase(database, box, target, given.version, actor, async (request, before) => {
    const { sql, cluster } = request
    if (given.name !== before.name)
      return invalid([
        { field: "name", problem: `is not the name of this database; repeat ${before.name}` },
      ])
    if ((before.sessions ?? 0) > 0 && !given.endSessions)
      return refused(
        409,
        "DATABASE_IN_USE",
        `${before.sessions} sessions were connected to ${before.name} when it was last looked at: end them first, or say endSessions`,
        [{ field: "endSessions", problem: "must be true while sessions are connected" }],
      )
    const others = (await store.ownedBy(sql, cluster.id, before.owner)).filter(
      (name) => name !== before.name,
    )
    if (given.dropRole && others.length > 0)
      return invalid409(
        "ROLE_IN_USE",
        "dropRole",
        `${before.owner} owns ${others.slice(0, 5).join(", ")} too: leave it, or give those another owner first`,
      )
    await store.markDropping(sql, before.id, given.dropRole)
    await changed(request, {
      kind: "database.drop-requested",
      severity: "warning",
      message: `database ${before.name} of ${place(cluster)} shall be dropped${
        given.dropRole ? `, and its owner ${before.owner}` : ""
      }`,
      details: { database: before.name },
    })
    await audit(sql, actor, {
      ...recorded(request, before, "drop"),
      after: { ...before, dropping: true, dropRole: given.dropRole },
    })
    const found = await store.findDatabase(sql, cluster.id, before.id)
    return found === undefined ? notFound("database") : done(found)
  })
}

export type Target = { readonly cluster: string; readonly database: string }

/** In one transaction that holds the cluster: what was read of it is still so when it is written. */
async function onCluster<T>(
  database: Database,
  box: SecretBox,
  id: string,
  actor: Actor,
  work: (request: Request) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  if (box.current === undefined)
    return refused(
      503,
      "NO_SECRET_KEY",
      "central has no key to seal passwords with, so it keeps none: set PG_SWARM_SECRET_KEYS (docs/databases.md) and start it again",
    )
  return database.transaction(async (sql) => {
    const cluster = await lockCluster(sql, actor.scope, id)
    if (cluster === undefined) return notFound("cluster")
    if (cluster.deleting)
      return refused(409, "CLUSTER_DELETING", `cluster ${place(cluster)} is being deleted`)
    return work({ sql, box, cluster, actor })
  })
}

async function onDatabase<T>(
  database: Database,
  box: SecretBox,
  target: Target,
  version: number,
  actor: Actor,
  work: (request: Request, before: ClusterDatabase) => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  return onCluster(database, box, target.cluster, actor, async (request) => {
    const before = await store.findDatabase(request.sql, request.cluster.id, target.database)
    if (before === undefined) return notFound("database")
    if (before.state === "dropping")
      return refused(409, "DATABASE_DROPPING", `database ${before.name} is being dropped`)
    if (before.version !== version) return versionConflict(before, version)
    return work(request, before)
  })
}

const versionConflict = (now: ClusterDatabase, sent: number): Refusal =>
  refused(
    409,
    "VERSION_CONFLICT",
    `the database was changed meanwhile (version ${sent} was sent, ${now.version} is current): read it again and repeat the change`,
    [
      { field: "version", problem: `is ${now.version} now` },
      { field: "owner", problem: `is ${now.owner} now` },
      { field: "allowedCidrs", problem: `is ${now.allowedCidrs.join(", ") || "empty"} now` },
      { field: "endSessions", problem: `is ${now.endSessions} now` },
    ],
  )

type Password = { readonly text: string; readonly verifier: string }

/** Worked out before the transaction: deriving takes a few milliseconds. */
async function newPassword(given: string | undefined): Promise<Password> {
  const text = given ?? randomBytes(24).toString("base64url")
  return { text, verifier: await scramVerifier(text) }
}

/** The role is there afterwards. The password that must be shown, if one was made for it; null if none. */
async function ensureOwner(
  { sql, box, cluster }: Request,
  owner: string,
  given: string | undefined,
  secret: Password,
): Promise<string | null | Refusal> {
  if (await isRole(sql, cluster.id, owner)) {
    if (given === undefined) return null
    return invalid409(
      "ROLE_EXISTS",
      "password",
      `${owner} owns a database of this cluster already and keeps its password: leave this out, or give it a new one by …/password`,
    )
  }
  await putVerifier(sql, box, cluster.id, owner, secret.verifier)
  return given === undefined ? secret.text : null
}

const recorded = ({ cluster }: Request, before: ClusterDatabase, action: string) =>
  ({
    action,
    resource: "database",
    id: before.id,
    name: before.name,
    before: { ...before, cluster: cluster.id },
  }) as const

const invalid409 = (code: string, field: string, problem: string): Refusal =>
  refused(409, code, problem, [{ field, problem }])

const nameTaken = (name: string, dropping: boolean): string =>
  dropping
    ? `${name} is being dropped; it can be made anew once it is gone`
    : `the cluster has a database ${name} already; choose another name`

async function changed({ sql, cluster, actor }: Request, told: Told): Promise<void> {
  await store.raiseDesired(sql, cluster.id)
  await tell(sql, actor, cluster.satelliteId, [{ ...told, clusterId: cluster.id }])
  await announce(sql, cluster.id, cluster.satelliteId)
}

/** The site's stream looks again, and so does whoever shows the list. */
export async function announce(
  sql: Sql,
  cluster: ClusterId,
  satellite: SatelliteId,
): Promise<void> {
  await desiredChanged(sql, [satellite], [cluster])
  await notify(sql, { kind: "list", resource: "databases" })
}

async function withPassword(
  sql: Sql,
  cluster: ClusterId,
  id: string,
  password: string | null,
): Promise<Outcome<DatabaseWithPassword>> {
  const database = await store.findDatabase(sql, cluster, id)
  return database === undefined ? notFound("database") : done({ database, password })
}

const place = ({ namespace, name }: Place): string => `${namespace}/${name}`

const reach = (cidrs: readonly string[]): string =>
  cidrs.length === 0 ? "" : `, to be reached from ${cidrs.join(", ")} only`

function changesOf(
  before: ClusterDatabase,
  after: { owner: string; allowedCidrs: readonly string[]; endSessions: boolean },
): readonly string[] {
  const changes: string[] = []
  if (after.owner !== before.owner) changes.push(`owner ${before.owner} → ${after.owner}`)
  if (JSON.stringify(after.allowedCidrs) !== JSON.stringify(before.allowedCidrs))
    changes.push(
      `to be reached from ${after.allowedCidrs.length === 0 ? "anywhere that HBA rules allow" : `${after.allowedCidrs.join(", ")} only`}`,
    )
  if (after.endSessions !== before.endSessions)
    changes.push(
      after.endSessions
        ? "sessions from elsewhere are ended"
        : "sessions from elsewhere may stay until they end by themselves",
    )
  return changes
}
