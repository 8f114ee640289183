/** Following a log of a site: who may, how many at once, and that it is on record who did. */
import type { Actor } from "./actor.ts"
import {
  clusterId,
  clusterName,
  memberPod,
  ordinalOf,
  podName,
  type SatelliteId,
  type TailId,
} from "#core/ids.ts"
import {
  type TailContainer,
  tailBounds,
  type TailFilter,
  type TailSource,
} from "#core/logs/tail.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import type { ShownTailEnd } from "#wire/log-tail-live.ts"
import { type Audited, audit } from "../audit/audit.ts"
import { findCluster } from "../store/cluster.ts"
import { countTails, insertTail } from "../store/log-tail.ts"
import { lockSatellite } from "../store/satellite.ts"

export type TailWish = {
  readonly of:
    | { readonly kind: "satellite"; readonly id: string }
    | {
        readonly kind: "member"
        readonly clusterId: string
        readonly pod: string
        readonly container: TailContainer
      }
  readonly lines: number
  readonly filter: TailFilter
}

export type TailOutcome =
  | { readonly kind: "opened"; readonly satellite: SatelliteId }
  | { readonly kind: "not-opened"; readonly end: ShownTailEnd; readonly why: string }

const notOpened = (end: ShownTailEnd, why: string): TailOutcome => ({
  kind: "not-opened",
  end,
  why,
})

export const openTail = (
  database: Database,
  tail: TailId,
  wish: TailWish,
  actor: Actor,
): Promise<TailOutcome> =>
  database.transaction(async (sql) => {
    const found = await sourceOf(sql, wish, actor)
    if (found.kind === "not-opened") return found
    // Locked: two that ask at once are counted one after the other.
    const satellite = await lockSatellite(sql, actor.scope, found.satellite)
    if (satellite === undefined) return notOpened("not-found", "there is no such satellite")
    if (satellite.state !== "connected" && satellite.state !== "late")
      return notOpened("offline", `${satellite.name} is not connected: its logs are at the site`)
    if ((await countTails(sql, satellite.id)) >= tailBounds.perSatellite)
      return notOpened(
        "too-many",
        `${tailBounds.perSatellite} logs of ${satellite.name} are followed already: close one of them`,
      )
    await insertTail(sql, satellite.id, {
      tail,
      source: found.source,
      lines: wish.lines,
      filter: wish.filter,
      seconds: tailBounds.secondsMax,
    })
    await audit(sql, actor, found.audited(satellite.name))
    return { kind: "opened", satellite: satellite.id }
  })

type Found = {
  readonly kind: "found"
  readonly satellite: string
  readonly source: TailSource
  readonly audited: (satelliteName: string) => Audited
}

async function sourceOf(
  sql: Sql,
  { of }: TailWish,
  actor: Actor,
): Promise<Found | Extract<TailOutcome, { kind: "not-opened" }>> {
  if (of.kind === "satellite")
    return {
      kind: "found",
      satellite: of.id,
      source: { kind: "satellite" },
      audited: (name) => ({
        action: "follow-log",
        resource: "satellite",
        id: of.id,
        name,
        after: { log: "satellite" },
      }),
    }
  const cluster = await findCluster(sql, actor.scope, of.clusterId)
  if (cluster === undefined)
    return { kind: "not-opened", end: "not-found", why: "there is no such cluster" }
  const pod = podName(of.pod)
  const ordinal = ordinalOf(pod)
  if (ordinal === undefined || memberPod(clusterName(cluster.name), ordinal) !== pod)
    return {
      kind: "not-opened",
      end: "not-found",
      why: `${of.pod} is no member of ${cluster.name}`,
    }
  return {
    kind: "found",
    satellite: cluster.satelliteId,
    source: { kind: "member", clusterId: clusterId(cluster.id), pod, container: of.container },
    audited: () => ({
      action: "follow-log",
      resource: "cluster",
      id: cluster.id,
      name: `${cluster.namespace}/${cluster.name}`,
      after: { log: `${of.pod}/${of.container}` },
    }),
  }
}
