/** Whether a switchover can be asked for, as far as central knows; the members look again themselves. */
import type { Cluster, Instance } from "#wire/rest/clusters.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import { refused, type Refusal } from "../refusal.ts"

type Asked = Pick<Cluster, "state" | "members" | "primary" | "instances">

export function whyNotSwitchover(
  cluster: Asked,
  satellite: Pick<Satellite, "state" | "name">,
  to: string | undefined,
): Refusal | undefined {
  if (cluster.state === "deleting")
    return refused(409, "CLUSTER_DELETING", "the cluster is being deleted")
  if (satellite.state !== "connected" && satellite.state !== "late")
    return refused(
      409,
      "SATELLITE_NOT_CONNECTED",
      `satellite ${satellite.name} is not connected: a switchover needs it`,
    )
  if (cluster.members < 2)
    return refused(409, "ONE_MEMBER", "the cluster has one member only: nobody can take over")
  if (cluster.primary === null)
    return refused(
      409,
      "NO_PRIMARY",
      "no member serves as primary now; a failover may be under way",
    )
  return to === undefined ? whyNobody(cluster) : whyNotTo(cluster, to)
}

const isReady = ({ role, ready }: Instance): boolean => role === "replica" && ready

function whyNobody({ instances }: Asked): Refusal | undefined {
  return instances.some(isReady)
    ? undefined
    : refused(409, "NO_CANDIDATE", "no member is ready to take over")
}

function whyNotTo({ instances, primary }: Asked, to: string): Refusal | undefined {
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
