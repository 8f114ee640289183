/** What a person would do in the dashboard on the first day: let the sites in, make a profile and a rule, watch. */
import { setTimeout as sleep } from "node:timers/promises"
import { gibibytes } from "#core/units.ts"
import type { Cluster } from "#wire/rest/clusters.ts"
import type { Profile, Rule } from "#wire/rest/profiles.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import { type CentralApi, Refused } from "./central-api.ts"
import type { DemoFlags } from "./flags.ts"
import type { SiteName } from "./site-names.ts"
import type { Say } from "./steps.ts"

/** Label that the demo's rule asks for; a site of another tier gets no cluster. */
export const tier = "edge"
export const clusterName = "orders"
const profileName = "edge-postgres"
const ruleName = "orders-everywhere"

const lookEveryMs = 250
const pageMax = 200

/** Labels that a site brings along when it registers. */
export const siteLabels = (site: SiteName): string => `region=${site.region},tier=${tier}`

/** Waits until every named site has registered, and lets in those that still wait for it. */
export async function approveAll(
  api: CentralApi,
  sites: readonly SiteName[],
  limits: { readonly withinMs: number; readonly signal: AbortSignal },
  say: Say,
): Promise<void> {
  const until = performance.now() + limits.withinMs
  const missing = new Set(sites.map((site) => site.name))
  while (missing.size > 0) {
    const { items } = await api.call("listSatellites", { query: { limit: pageMax } })
    for (const satellite of items.filter(({ site }) => missing.has(site))) {
      missing.delete(satellite.site)
      await approve(api, satellite, say)
    }
    if (missing.size === 0) return
    if (performance.now() > until)
      throw new Error(`${[...missing].join(", ")} did not register; see its log in the folder logs`)
    await sleep(lookEveryMs, undefined, { signal: limits.signal })
  }
}

async function approve(api: CentralApi, satellite: Satellite, say: Say): Promise<void> {
  if (satellite.state !== "pending") {
    say(`${satellite.site}: known from before`)
    return
  }
  const labels = Object.entries(satellite.labels).map(([key, value]) => `${key}=${value}`)
  await api.call("approveSatellite", { params: { id: satellite.id }, body: {} })
  say(`${satellite.site}: approved (${labels.join(", ")})`)
}

/** Makes the profile, or takes the one from before; a profile says what it is and does not change under a cluster. */
export async function ensureProfile(
  api: CentralApi,
  flags: DemoFlags,
  major: 15 | 16 | 17 | 18,
  say: Say,
): Promise<Profile> {
  const { items } = await api.call("listProfiles", { query: { limit: pageMax } })
  const known = items.find(({ name }) => name === profileName)
  if (known !== undefined) {
    const { members, failover } = known.spec
    const wanted = `${flags.members} members, ${flags.durability}, ${flags.preset}`
    const kept = `${members} members, ${failover.durability}, ${failover.preset}`
    say(
      kept === wanted
        ? `${profileName}: known from before`
        : `${profileName}: stays at ${kept}; --fresh begins anew with ${wanted}`,
    )
    return known
  }
  return api.call("createProfile", {
    body: {
      name: profileName,
      description: `PostgreSQL ${major} with ${flags.members} members for small sites`,
      spec: {
        members: flags.members,
        postgres: { major, image: `pg-swarm/postgres:${major}` },
        data: { sizeBytes: gibibytes(1) },
        resources: { cpuRequest: "50m", memoryRequest: "128Mi" },
        parameters: { shared_buffers: "32MB", max_connections: "50", max_wal_size: "256MB" },
        failover: { preset: flags.preset, durability: flags.durability },
      },
    },
  })
}

export async function ensureRule(api: CentralApi, profile: Profile, say: Say): Promise<Rule> {
  const { items } = await api.call("listRules", { query: { limit: pageMax } })
  const known = items.find(({ name }) => name === ruleName)
  if (known !== undefined) {
    say(`${ruleName}: known from before`)
    return known
  }
  return api.call("createRule", {
    body: {
      name: ruleName,
      profileId: profile.id,
      selector: { tier },
      clusterName,
      namespace: clusterName,
    },
  })
}

/** One short line about a cluster, as far as it has come. */
export function progressOf(cluster: Cluster): string {
  const ready = cluster.instances.filter((instance) => instance.ready).length
  const primary = cluster.primary === null ? "no primary yet" : `primary ${cluster.primary}`
  return `${cluster.satelliteName}/${cluster.name}: ${cluster.state}, ${ready} of ${cluster.members} ready, ${primary}`
}

export class NotHealthy extends Error {
  override readonly name = "NotHealthy"
}

/** Follows the clusters of these sites until all of them are healthy; says each change. */
export async function untilHealthy(
  api: CentralApi,
  sites: readonly SiteName[],
  limits: { readonly withinMs: number; readonly signal: AbortSignal },
  say: Say,
): Promise<readonly Cluster[]> {
  const began = performance.now()
  const since = Date.now()
  // What central knows from before this start is no news; sites report by the clock of this same machine.
  const isNews = ({ observedAt }: Cluster): boolean =>
    observedAt !== null && Date.parse(observedAt) >= since
  const said = new Map<string, string>()
  const names = new Set(sites.map((site) => site.name))
  for (;;) {
    const clusters = await listClusters(api, names)
    for (const cluster of clusters) {
      if (!isNews(cluster) && cluster.observedAt !== null) continue
      const line = progressOf(cluster)
      if (said.get(cluster.id) === line) continue
      said.set(cluster.id, line)
      say(`${((performance.now() - began) / 1000).toFixed(1).padStart(5)} s  ${line}`)
    }
    const healthy = clusters.filter((cluster) => cluster.state === "healthy" && isNews(cluster))
    if (clusters.length >= names.size && healthy.length === clusters.length) return clusters
    if (performance.now() - began > limits.withinMs)
      throw new NotHealthy(
        `not every cluster became healthy:\n${clusters.map((cluster) => `  ${progressOf(cluster)}: ${cluster.reason}`).join("\n")}`,
      )
    await sleep(lookEveryMs, undefined, { signal: limits.signal })
  }
}

/** Central answers a moment late while it is busy starting everything; one slow answer is no failure. */
async function listClusters(
  api: CentralApi,
  names: ReadonlySet<string>,
): Promise<readonly Cluster[]> {
  try {
    const { items } = await api.call("listClusters", { query: { limit: pageMax } })
    return items.filter(({ satelliteName }) => names.has(satelliteName))
  } catch (error) {
    if (error instanceof Refused) throw error
    return []
  }
}
