/** Fields of a pod by path, as the downward API offers them. */
import { numberAt, objectAt, objectsAt, textAt } from "../json.ts"
import { type KubeObject, annotationsOf, labelsOf, nameOf, namespaceOf, uidOf } from "../object.ts"
import { quantityValue } from "../schema/quantity.ts"

/** The text at a path such as `metadata.name` or `metadata.labels['role']`; undefined for any other. */
export function fieldText(pod: KubeObject, path: string): string | undefined {
  const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path)
  if (keyed !== null) {
    const map = keyed[1] === "labels" ? labelsOf(pod) : annotationsOf(pod)
    return map[keyed[2] ?? ""] ?? ""
  }
  switch (path) {
    case "metadata.name":
      return nameOf(pod)
    case "metadata.namespace":
      return namespaceOf(pod)
    case "metadata.uid":
      return uidOf(pod)
    case "metadata.labels":
      return lines(labelsOf(pod))
    case "metadata.annotations":
      return lines(annotationsOf(pod))
    case "spec.nodeName":
      return textAt(pod, "spec", "nodeName") ?? ""
    case "spec.serviceAccountName":
      return textAt(pod, "spec", "serviceAccountName") ?? ""
    case "status.podIP":
    case "status.podIPs":
      return textAt(pod, "status", "podIP") ?? ""
    case "status.hostIP":
    case "status.hostIPs":
      return textAt(pod, "status", "hostIP") ?? ""
    default:
      return undefined
  }
}

const lines = (map: Readonly<Record<string, string>>): string =>
  Object.entries(map)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n")

const whole: Readonly<Record<string, string>> = { cpu: "8", memory: "32Gi" }

/** A resource of a container such as `limits.memory`, in units of the divisor, rounded up. */
export function resourceText(
  pod: KubeObject,
  container: string,
  resource: string,
  divisor: string,
): string {
  const [kind = "limits", name = ""] = resource.split(".")
  const found = objectsAt(pod, "spec", "containers").find((one) => one["name"] === container)
  const limits = objectAt(found, "resources", kind)
  const asked = textAt(limits, name) ?? numberAt(limits, name) ?? whole[name] ?? "0"
  const unit = quantityValue(divisor)
  return String(Math.ceil(quantityValue(String(asked)) / (unit === 0 ? 1 : unit)))
}
