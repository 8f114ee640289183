/** Whether an operation can be asked for, as far as central knows; the members look again themselves. */
import type { Cluster, Instance } from "#wire/rest/clusters.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import { refused, type Refusal } from "../refusal.ts"

type Seen = Pick<Cluster, "name" | "state" | "members" | "primary" | "instances">

/** What a person wants, as it came. */
export type Asked =
  | { readonly kind: "switchover"; readonly to: string | undefined }
  | { readonly kind: "fence"; readonly reason: string }
  | { readonly kind: "unfence" }
  | {
      readonly kind: "promote"
      readonly to: string
      readonly acceptLoss: boolean
      /** What was typed as the cluster's name. */
      readonly confirm: string | undefined
    }

export function whyNot(
  cluster: Seen,
  satellite: Pick<Satellite, "state" | "name">,
  asked: Asked,
): Refusal | undefined {
  if (cluster.state === "deleting")
    return refused(409, "CLUSTER_DELETING", "the cluster is being deleted")
  if (satellite.state !== "connected" && satellite.state !== "late")
    return refused(
      409,
      "SATELLITE_NOT_CONNECTED",
      `satellite ${satellite.name} is not connected: nothing can be asked of its members`,
    )
  switch (asked.kind) {
    case "switchover":
      return whyNotSwitchover(cluster, asked.to)
    case "fence":
    case "unfence":
      return cluster.primary === null ? noPrimary : undefined
    case "promote":
      return whyNotPromote(cluster, asked)
  }
}

const noPrimary = refused(
  409,
  "NO_PRIMARY",
  "no member serves as primary now; a failover may be under way",
)

function whyNotSwitchover(cluster: Seen, to: string | undefined): Refusal | undefined {
  if (cluster.members < 2)
    return refused(409, "ONE_MEMBER", "the cluster has one member only: nobody can take over")
  if (cluster.primary === null) return noPrimary
  return to === undefined ? whyNobody(cluster) : whyNotTo(cluster, to)
}

function whyNotPromote(
  { name, primary, instances }: Seen,
  { to, acceptLoss, confirm }: Extract<Asked, { kind: "promote" }>,
): Refusal | undefined {
  const bad = (field: string, code: string, problem: string): Refusal =>
    refused(422, code, problem, [{ field, problem }])
  const member = instances.find(({ pod }) => pod === to)
  if (member === undefined)
    return bad(
      "to",
      "NOT_A_MEMBER",
      `${to} is not a member; use one of ${instances.map(({ pod }) => pod).join(", ")}`,
    )
  if (acceptLoss && confirm !== name)
    return bad(
      "confirm",
      "NOT_CONFIRMED",
      `commits may be lost by it: type the name of the cluster, ${name}, to confirm`,
    )
  // What a lost primary told last is remembered for a while; a member that waits for a person knows better.
  return primary === null || member.question !== null
    ? undefined
    : refused(409, "HAS_PRIMARY", `${primary} serves as primary: hand its role over instead`)
}

const isReady = ({ role, ready }: Instance): boolean => role === "replica" && ready

function whyNobody({ instances }: Seen): Refusal | undefined {
  return instances.some(isReady)
    ? undefined
    : refused(409, "NO_CANDIDATE", "no member is ready to take over")
}

function whyNotTo({ instances, primary }: Seen, to: string): Refusal | undefined {
  const bad = (code: string, problem: string): Refusal =>
    refused(422, code, problem, [{ field: "to", problem }])
  if (to === primary) return bad("IS_PRIMARY", `${to} is the primary already`)
  const instance = instances.find(({ pod }) => pod === to)
  if (instance === undefined) {
    const others = instances.map(({ pod }) => pod).filter((pod) => pod !== primary)
    return bad("NOT_A_MEMBER", `${to} is not a member; use one of ${others.join(", ")}`)
  }
  if (isReady(instance)) return undefined
  const why = instance.reason ?? `it is ${instance.phase}`
  return bad("NOT_READY", `${to} is not ready to take over: ${why}`)
}
