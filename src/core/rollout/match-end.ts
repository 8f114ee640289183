/**
 * What becomes of a rule's clusters where the rule does not want them any more: the satellite lost a label,
 * or the rule was changed. The rule itself says it. Nothing is destroyed without a person who confirmed
 * that very cluster, nor against its deletion protection.
 */
import type { ClusterId } from "#core/ids.ts"
import { type DeploymentRule, matches, type Site, type Taken } from "#core/rollout/match.ts"

/** `keep`: it stays as it is. `pause`: nobody becomes primary by itself. `delete`: it goes, with its data. */
export const matchEnds = ["keep", "pause", "delete"] as const
export type OnMatchEnd = (typeof matchEnds)[number]

export type GoverningRule = DeploymentRule & { readonly onMatchEnd: OnMatchEnd }

/** A cluster with what decides about its end. */
export type Standing = Taken & {
  readonly id: ClusterId
  readonly paused: boolean
  /** Paused because its match ended, and by nobody else: it goes on when the rule would not pause it any more. */
  readonly pausedByRule: boolean
  readonly isProtected: boolean
}

export type Settled = {
  readonly cluster: Standing
  readonly rule: GoverningRule
  readonly site: Site
}

export type MatchEnd = {
  /** They stay, though the rule does not ask for them. */
  readonly keep: readonly Settled[]
  readonly pause: readonly Settled[]
  readonly delete: readonly Settled[]
  /** To be deleted, and protected from it: a refusal. */
  readonly isProtected: readonly Settled[]
  /** Their rule had paused them and would not any more. */
  readonly resume: readonly Settled[]
}

export function settle(
  rules: readonly GoverningRule[],
  sites: readonly Site[],
  clusters: readonly Standing[],
): MatchEnd {
  const [ruleOf, siteOf] = [
    new Map<string, GoverningRule>(rules.map((rule) => [rule.id, rule])),
    new Map<string, Site>(sites.map((site) => [site.id, site])),
  ]
  const found = { keep: [], pause: [], delete: [], isProtected: [], resume: [] } satisfies MatchEnd
  const into: { readonly [K in keyof MatchEnd]: Settled[] } = found
  for (const cluster of clusters) {
    const [rule, site] = [ruleOf.get(cluster.ruleId ?? ""), siteOf.get(cluster.satelliteId)]
    if (rule === undefined || site === undefined || cluster.deleting) continue
    const fate = fateOf(cluster, rule, site)
    if (fate !== undefined) into[fate].push({ cluster, rule, site })
  }
  return into
}

function fateOf(cluster: Standing, rule: GoverningRule, site: Site): keyof MatchEnd | undefined {
  if (isWanted(cluster, rule, site)) return cluster.pausedByRule ? "resume" : undefined
  switch (rule.onMatchEnd) {
    case "keep":
      return cluster.pausedByRule ? "resume" : "keep"
    case "pause":
      return cluster.paused ? "keep" : "pause"
    case "delete":
      return cluster.isProtected ? "isProtected" : "delete"
  }
}

const isWanted = (cluster: Standing, rule: GoverningRule, site: Site): boolean =>
  matches(rule, site) && cluster.name === rule.clusterName && cluster.namespace === rule.namespace
