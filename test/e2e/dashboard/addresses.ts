/** The address of every page, of the stand-in's fleet: what is sound is asked of them, and pictures are taken of them. */
import * as z from "zod"
import type { Scene } from "./browser.ts"

const listSchema = z.object({ items: z.array(z.object({ id: z.string() })) })

/** By a name that a file may have. Somebody is signed in. */
export async function pagesOf({ page, central }: Scene): Promise<Readonly<Record<string, string>>> {
  const { satellites, clusters, profiles, rules } = central.fleet
  const first = async (list: string): Promise<string | undefined> => {
    const answer = await page.request.get(`/api/v1/${list}`)
    return listSchema.parse(await answer.json()).items[0]?.id
  }
  const [rolloutId, ruleSetId] = [await first("rollouts"), await first("recovery-rule-sets")]
  const satellite = (state: string) => satellites.find((each) => each.state === state)?.id
  const cluster = (state: string) => clusters.find((each) => each.state === state)?.id
  const profile = profiles[0]?.id
  return {
    overview: "/",
    satellites: "/satellites",
    "satellites-none": "/satellites?search=nothing-is-called-so",
    satellite: `/satellites/${satellite("connected")}`,
    "satellite-log": `/satellites/${satellite("connected")}/logs`,
    "satellite-pending": `/satellites/${satellite("pending")}`,
    clusters: "/clusters",
    cluster: `/clusters/${cluster("healthy")}`,
    "cluster-logs": `/clusters/${cluster("healthy")}/logs`,
    "cluster-degraded": `/clusters/${cluster("degraded")}`,
    "cluster-blocked": `/clusters/${clusters.find((each) => each.change?.state === "blocked")?.id}`,
    "cluster-creating": `/clusters/${cluster("creating")}`,
    "cluster-unknown": `/clusters/${cluster("unknown")}`,
    operations: "/operations",
    "operations-failed": "/operations?state=failed",
    events: "/events",
    profiles: "/profiles",
    profile: `/profiles/${profile}`,
    "profile-versions": `/profiles/${profile}?tab=versions`,
    "profile-compare": `/profiles/${profile}?tab=compare`,
    "profile-clusters": `/profiles/${profile}?tab=clusters`,
    "profile-edit": `/profiles/${profile}/edit`,
    "profile-new": "/profiles/new",
    rules: "/rules",
    "rule-new": "/rules/new",
    rule: `/rules/${rules[0]?.id}`,
    rollouts: "/rollouts",
    rollout: `/rollouts/${rolloutId}`,
    "rollout-choose": "/rollouts/new",
    "rollout-new": `/rollouts/new?profileId=${profile}`,
    "freeze-windows": "/freeze-windows",
    parameters: "/parameters",
    "storage-tiers": "/storage-tiers",
    images: "/images",
    "rule-sets": "/recovery-rules",
    "rule-set": `/recovery-rules/${ruleSetId}`,
    "rules-built-in": "/recovery-rules/built-in",
    tokens: "/tokens",
    people: "/people",
    audit: "/audit",
    account: "/account",
    "no-page": "/no-such-page",
  }
}
