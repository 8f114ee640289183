/** The `scale` subresource: the number of replicas of a StatefulSet, Deployment or ReplicaSet. */
import { badRequest } from "../api-error.ts"
import { type JsonObject, numberAt, objectAt, textAt, withAt } from "../json.ts"
import { type KubeObject } from "../object.ts"
import { selectorText } from "../selectors.ts"

export const scaleOf = (object: KubeObject): JsonObject => {
  const {
    name = null,
    namespace = null,
    uid = null,
    resourceVersion = null,
    creationTimestamp = null,
  } = objectAt(object, "metadata")
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: numberAt(object, "spec", "replicas") ?? 0 },
    status: {
      replicas: numberAt(object, "status", "replicas") ?? 0,
      selector: selectorText(objectAt(object, "spec", "selector")),
    },
  }
}

/** The object as the scale wants it; a version in the scale guards the write. */
export function withScale(object: KubeObject, scale: JsonObject): KubeObject {
  const replicas = numberAt(scale, "spec", "replicas") ?? 0
  if (replicas < 0) throw badRequest("spec.replicas: must be greater than or equal to 0")
  const version = textAt(scale, "metadata", "resourceVersion")
  const scaled = withAt(object, ["spec", "replicas"], replicas)
  return withAt(scaled, ["metadata", "resourceVersion"], version)
}
