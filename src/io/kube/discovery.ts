/** What an API server offers, asked instead of guessed from its version. */
import { seconds } from "#core/units.ts"
import { type KubeApi, isRecord } from "./api.ts"
import { KubeError } from "./kube-error.ts"

export type Offer = {
  readonly version: string
  /** The newest version of PodDisruptionBudget; undefined when there is none. */
  readonly disruptionBudgetVersion: string | undefined
}

export async function discover(api: KubeApi, signal: AbortSignal): Promise<Offer> {
  const version = await api.call({ method: "GET", path: "/version" }, signal)
  const git = isRecord(version) ? version["gitVersion"] : undefined
  let disruptionBudgetVersion: string | undefined
  for (const candidate of ["policy/v1", "policy/v1beta1"])
    if (disruptionBudgetVersion === undefined && (await offersBudget(api, candidate, signal)))
      disruptionBudgetVersion = candidate
  return { version: typeof git === "string" ? git : "unknown", disruptionBudgetVersion }
}

async function offersBudget(api: KubeApi, version: string, signal: AbortSignal): Promise<boolean> {
  try {
    const path = `/apis/${version}`
    const list = await api.call({ method: "GET", path, within: seconds(10) }, signal)
    const resources = isRecord(list) ? list["resources"] : undefined
    return (
      Array.isArray(resources) &&
      resources.some((resource) => isRecord(resource) && resource["kind"] === "PodDisruptionBudget")
    )
  } catch (failure) {
    if (failure instanceof KubeError && failure.status === 404) return false
    throw failure
  }
}
