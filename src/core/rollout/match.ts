/** Which clusters the deployment rules want on which satellites. Pure: says what to make, makes nothing. */
import type { RuleId, SatelliteId } from "#core/ids.ts"

export type DeploymentRule = {
  readonly id: RuleId
  readonly name: string
  readonly profileId: string
  /** Every one of these labels must be on the satellite; none means every satellite. */
  readonly selector: Readonly<Record<string, string>>
  readonly clusterName: string
  readonly namespace: string
}

export type Site = {
  readonly id: SatelliteId
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

/** A cluster that is there, or is being deleted: its place is taken either way. */
export type Taken = {
  readonly satelliteId: SatelliteId
  readonly namespace: string
  readonly name: string
  readonly ruleId: RuleId | string | undefined
  readonly deleting: boolean
}

export type Wanted = { readonly rule: DeploymentRule; readonly site: Site }

export type Conflict = {
  readonly rule: DeploymentRule
  readonly site: Site
  /** Complete sentence for a person. */
  readonly reason: string
}

export type Placement = {
  readonly create: readonly Wanted[]
  readonly conflicts: readonly Conflict[]
}

export const matches = (rule: DeploymentRule, site: Site): boolean =>
  Object.entries(rule.selector).every(
    ([key, value]) => Object.hasOwn(site.labels, key) && site.labels[key] === value,
  )

const key = (satellite: SatelliteId, namespace: string, name: string): string =>
  `${satellite}/${namespace}/${name}`

/**
 * What must be made so that each rule has its cluster on each matching satellite. `sites` are the approved
 * ones. A place that a rule's own cluster holds is content, also while that is being deleted; a place
 * that anything else holds is a conflict. `excepted` are pairs that a person took out of the rule.
 */
export function place(
  rules: readonly DeploymentRule[],
  sites: readonly Site[],
  taken: readonly Taken[],
  excepted: readonly { readonly ruleId: RuleId; readonly satelliteId: SatelliteId }[],
): Placement {
  const held = new Map(
    taken.map((cluster) => [key(cluster.satelliteId, cluster.namespace, cluster.name), cluster]),
  )
  const skip = new Set(excepted.map(({ ruleId, satelliteId }) => `${ruleId}/${satelliteId}`))
  const create: Wanted[] = []
  const conflicts: Conflict[] = []
  for (const site of sites) {
    const claims = new Map<string, DeploymentRule>()
    for (const rule of rules) {
      if (!matches(rule, site) || skip.has(`${rule.id}/${site.id}`)) continue
      const where = key(site.id, rule.namespace, rule.clusterName)
      const other = claims.get(where)
      const there = held.get(where)
      claims.set(where, other ?? rule)
      if (other !== undefined)
        conflicts.push({ rule, site, reason: claimedTwice(rule, other, site) })
      else if (there === undefined) create.push({ rule, site })
      else if (there.ruleId !== rule.id)
        conflicts.push({ rule, site, reason: placeTaken(rule, there, site) })
    }
  }
  return { create, conflicts }
}

const claimedTwice = (rule: DeploymentRule, other: DeploymentRule, site: Site): string =>
  `rules ${other.name} and ${rule.name} would both make the cluster ` +
  `${rule.namespace}/${rule.clusterName} on satellite ${site.name}`

const placeTaken = (rule: DeploymentRule, there: Taken, site: Site): string =>
  `rule ${rule.name} would make the cluster ${rule.namespace}/${rule.clusterName} on satellite ` +
  `${site.name}, where ${there.deleting ? "one of that name is still being deleted" : "one of that name is already"}`
