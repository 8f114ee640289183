/** The rules of deleting: preconditions, the grace of pods, what happens to dependents. */
import { conflict, invalid } from "./api-error.ts"
import { listAt, numberAt, textAt } from "./json.ts"
import { type KubeObject, finalizersOf, isDeleting, nameOf, uidOf, versionOf } from "./object.ts"
import type { Resource } from "./resources.ts"

export type Preconditions = { readonly uid?: string; readonly resourceVersion?: string }

export type DeleteOptions = {
  readonly isDryRun?: boolean
  readonly graceSeconds?: number
  readonly propagation?: "Foreground" | "Background" | "Orphan"
  readonly preconditions?: Preconditions
}

/** What holds a deletion up besides `metadata.finalizers`. */
export const isHeld = (of: Resource, object: KubeObject): boolean =>
  of.id === "namespaces"
    ? listAt(object, "spec", "finalizers").length > 0
    : // A pod that is shutting down is taken away by its node.
      (numberAt(object, "metadata", "deletionGracePeriodSeconds") ?? 0) > 0

export function checkPreconditions(
  of: Resource,
  object: KubeObject,
  wanted: Preconditions | undefined,
): void {
  const name = nameOf(object)
  if (wanted?.uid !== undefined && wanted.uid !== uidOf(object)) {
    throw conflict(
      of,
      name,
      `Precondition failed: UID in precondition: ${wanted.uid}, UID in object meta: ${uidOf(object)}`,
    )
  }
  if (wanted?.resourceVersion !== undefined && wanted.resourceVersion !== versionOf(object)) {
    throw conflict(
      of,
      name,
      `Precondition failed: ResourceVersion in precondition: ${wanted.resourceVersion}, ResourceVersion in object meta: ${versionOf(object)}`,
    )
  }
}

/** Only pods have a grace period, and only once they run somewhere. */
export function graceOf(of: Resource, object: KubeObject, asked: number | undefined): number {
  if (of.id !== "pods") return 0
  const phase = textAt(object, "status", "phase")
  const isRunning =
    textAt(object, "spec", "nodeName") !== undefined && phase !== "Succeeded" && phase !== "Failed"
  if (!isRunning) return 0
  return asked ?? numberAt(object, "spec", "terminationGracePeriodSeconds") ?? 30
}

export function finalizersAfterDelete(
  of: Resource,
  object: KubeObject,
  asked: DeleteOptions["propagation"],
): readonly string[] {
  const others = finalizersOf(object).filter(
    (one) => one !== "orphan" && one !== "foregroundDeletion",
  )
  const policy = asked ?? (of.id === "jobs.batch" ? "Orphan" : undefined)
  switch (policy) {
    case "Orphan":
      return [...others, "orphan"]
    case "Foreground":
      return [...others, "foregroundDeletion"]
    case "Background":
      return others
    case undefined:
      return finalizersOf(object)
  }
}

/** An object on its way out takes no new reasons to stay. */
export function checkFinalizers(of: Resource, before: KubeObject, wanted: KubeObject): void {
  if (!isDeleting(before)) return
  const known = finalizersOf(before)
  const added = finalizersOf(wanted).filter((one) => !known.includes(one))
  if (added.length === 0) return
  throw invalid(of, nameOf(before), [
    {
      reason: "FieldValueForbidden",
      field: "metadata.finalizers",
      message: `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${JSON.stringify(added)}`,
    },
  ])
}
