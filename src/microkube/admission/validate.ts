/** What the server refuses, by kind: names, required fields, fields that never change. */
import type { Cause } from "../api-error.ts"
import {
  type JsonObject,
  at,
  equal,
  isTrueAt,
  numberAt,
  objectAt,
  objectsAt,
  stringsAt,
  textAt,
  without,
} from "../json.ts"
import { type KubeObject, labelsOf, nameOf } from "../object.ts"
import type { Resource } from "../resources.ts"
import { matchesSelector } from "../selectors.ts"
import { bad, forbiddenField, required } from "./causes.ts"
import { podSpecProblems } from "./pod-problems.ts"

type Check = (object: KubeObject, before: KubeObject | undefined) => readonly Cause[]

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const qualified = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/
const dataKey = /^[-._a-zA-Z0-9]+$/
const annotationsMax = 256 * 1024
const dataMax = 1024 * 1024

export const problems = (
  of: Resource,
  object: KubeObject,
  before: KubeObject | undefined,
): readonly Cause[] => [...metadataProblems(of, object), ...(checks[of.id]?.(object, before) ?? [])]

function metadataProblems(of: Resource, object: KubeObject): readonly Cause[] {
  const found: Cause[] = []
  const name = nameOf(object)
  const isLabel = of.id === "services" || of.id === "namespaces"
  const pattern = isLabel ? label : of.group.startsWith("rbac") ? /^[^/%]+$/ : subdomain
  if (!pattern.test(name) || name.length > (isLabel ? 63 : 253)) {
    const what = isLabel ? "a DNS-1123 label" : "a lowercase RFC 1123 subdomain"
    found.push(
      bad(
        "metadata.name",
        name,
        `${what} must consist of lower case alphanumeric characters or '-'${isLabel ? "" : " or '.'"}, and must start and end with an alphanumeric character`,
      ),
    )
  }
  for (const [key, value] of Object.entries(labelsOf(object))) {
    if (!qualified.test(key) || key.length > 317)
      found.push(
        bad(
          "metadata.labels",
          key,
          "name part must consist of alphanumeric characters, '-', '_' or '.'",
        ),
      )
    if (!labelValue.test(value) || value.length > 63)
      found.push(
        bad(
          "metadata.labels",
          value,
          "a valid label must be an empty string or consist of at most 63 alphanumeric characters, '-', '_' or '.'",
        ),
      )
  }
  const annotations = objectAt(object, "metadata", "annotations")
  for (const key of Object.keys(annotations)) {
    if (!qualified.test(key.toLowerCase()))
      found.push(
        bad(
          "metadata.annotations",
          key,
          "name part must consist of alphanumeric characters, '-', '_' or '.'",
        ),
      )
  }
  if (JSON.stringify(annotations).length > annotationsMax) {
    found.push({
      field: "metadata.annotations",
      reason: "FieldValueTooLong",
      message: `Too long: must have at most ${annotationsMax} bytes`,
    })
  }
  for (const owner of objectsAt(object, "metadata", "ownerReferences")) {
    for (const key of ["apiVersion", "kind", "name", "uid"]) {
      if ((textAt(owner, key) ?? "") === "")
        found.push(bad(`metadata.ownerReferences.${key}`, "", `${key} must not be empty`))
    }
  }
  return found
}

const roleRef: Check = (object, before) => {
  if (before === undefined || equal(object["roleRef"], before["roleRef"])) return []
  return [bad("roleRef", object["roleRef"], "cannot change roleRef")]
}

const checks: Readonly<Record<string, Check>> = {
  pods: (object, before) =>
    before === undefined
      ? podSpecProblems(objectAt(object, "spec"), "spec")
      : podUpdateProblems(object, before),
  services: serviceProblems,
  configmaps: (object, before) => [...dataProblems(object), ...frozen(object, before)],
  secrets: (object, before) => [
    ...dataProblems(object),
    ...frozen(object, before),
    ...same(object, before, ["type"]),
  ],
  persistentvolumeclaims: claimProblems,
  "statefulsets.apps": statefulSetProblems,
  "deployments.apps": (object, before) => [
    ...templateProblems(object),
    ...same(object, before, ["spec", "selector"]),
  ],
  "replicasets.apps": (object, before) => [
    ...templateProblems(object),
    ...same(object, before, ["spec", "selector"]),
  ],
  "jobs.batch": (object, before) => [
    ...templateProblems(object),
    ...jobPolicy(object),
    ...same(object, before, ["spec", "selector"]),
    ...same(object, before, ["spec", "completions"]),
    ...(before !== undefined && isTrueAt(before, "spec", "suspend")
      ? []
      : same(object, before, ["spec", "template"])),
  ],
  "leases.coordination.k8s.io": leaseProblems,
  "poddisruptionbudgets.policy": (object) =>
    at(object, "spec", "minAvailable") !== undefined &&
    at(object, "spec", "maxUnavailable") !== undefined
      ? [bad("spec", null, "minAvailable and maxUnavailable cannot be both set")]
      : [],
  "rolebindings.rbac.authorization.k8s.io": roleRef,
  "clusterrolebindings.rbac.authorization.k8s.io": roleRef,
  "storageclasses.storage.k8s.io": (object, before) => [
    ...(textAt(object, "provisioner") === undefined ? [required("provisioner")] : []),
    ...same(object, before, ["provisioner"]),
    ...same(object, before, ["parameters"]),
  ],
  "endpointslices.discovery.k8s.io": (object, before) => [
    ...(textAt(object, "addressType") === undefined ? [required("addressType")] : []),
    ...same(object, before, ["addressType"]),
  ],
}

function same(
  object: KubeObject,
  before: KubeObject | undefined,
  path: readonly string[],
): readonly Cause[] {
  if (before === undefined || equal(at(object, ...path), at(before, ...path))) return []
  return [bad(path.join("."), at(object, ...path), "field is immutable")]
}

function frozen(object: KubeObject, before: KubeObject | undefined): readonly Cause[] {
  if (before === undefined || !isTrueAt(before, "immutable")) return []
  const why = "field is immutable when `immutable` is set"
  return ["immutable", "data", "binaryData"]
    .filter((key) => !equal(object[key], before[key]))
    .map((key) => forbiddenField(key, why))
}

function dataProblems(object: KubeObject): readonly Cause[] {
  const keys = [
    ...Object.keys(objectAt(object, "data")),
    ...Object.keys(objectAt(object, "binaryData")),
  ]
  const found = keys
    .filter((key) => !dataKey.test(key) || key.length > 253 || key === "." || key === "..")
    .map((key) =>
      bad(
        `data[${key}]`,
        key,
        "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
      ),
    )
  const size = JSON.stringify(object["data"] ?? {}).length
  return size > dataMax
    ? [
        ...found,
        {
          field: "",
          reason: "FieldValueTooLong",
          message: `Too long: must have at most ${dataMax} bytes`,
        },
      ]
    : found
}

/** A pod's spec stands, but for what may change while it runs. */
function podUpdateProblems(object: KubeObject, before: KubeObject): readonly Cause[] {
  const frozenSpec = (pod: KubeObject): JsonObject => {
    const images = (key: string): JsonObject => ({
      [key]: objectsAt(pod, "spec", key).map((one) => without(one, "image")),
    })
    return {
      ...without(objectAt(pod, "spec"), "activeDeadlineSeconds", "tolerations", "nodeName"),
      ...images("containers"),
      ...images("initContainers"),
    }
  }
  if (equal(frozenSpec(object), frozenSpec(before))) return []
  return [
    forbiddenField(
      "spec",
      "pod updates may not change fields other than `spec.containers[*].image`, `spec.initContainers[*].image`, `spec.activeDeadlineSeconds` or `spec.tolerations` (only additions to existing tolerations)",
    ),
  ]
}

function serviceProblems(object: KubeObject, before: KubeObject | undefined): readonly Cause[] {
  const found: Cause[] = []
  const ports = objectsAt(object, "spec", "ports")
  const isHeadless = textAt(object, "spec", "clusterIP") === "None"
  const type = textAt(object, "spec", "type")
  if (ports.length === 0 && !isHeadless && type !== "ExternalName")
    found.push(required("spec.ports"))
  for (const [index, port] of ports.entries()) {
    const number = numberAt(port, "port") ?? 0
    if (number < 1 || number > 65_535)
      found.push(bad(`spec.ports[${index}].port`, number, "must be between 1 and 65535, inclusive"))
    if (ports.length > 1 && textAt(port, "name") === undefined)
      found.push(required(`spec.ports[${index}].name`))
  }
  const old = before === undefined ? undefined : textAt(before, "spec", "clusterIP")
  const now = textAt(object, "spec", "clusterIP")
  if (old !== undefined && now !== undefined && old !== now && type !== "ExternalName") {
    found.push(bad("spec.clusterIP", now, "field is immutable"))
  }
  return found
}

function claimProblems(object: KubeObject, before: KubeObject | undefined): readonly Cause[] {
  const found: Cause[] = []
  if (at(object, "spec", "accessModes") === undefined)
    found.push(required("spec.accessModes", "at least 1 access mode is required"))
  if (at(object, "spec", "resources", "requests", "storage") === undefined)
    found.push(required("spec.resources[storage]"))
  if (before === undefined) return found
  const rest = (claim: KubeObject): JsonObject =>
    without(
      objectAt(claim, "spec"),
      "resources",
      ...(at(before, "spec", "volumeName") === undefined ? ["volumeName"] : []),
    )
  if (!equal(rest(object), rest(before))) {
    found.push(
      forbiddenField(
        "spec",
        "spec is immutable after creation except resources.requests for bound claims",
      ),
    )
  }
  return found
}

function templateProblems(object: KubeObject): readonly Cause[] {
  const selector = objectAt(object, "spec", "selector")
  const labels = stringsAt(object, "spec", "template", "metadata", "labels")
  const found: Cause[] = []
  if (Object.keys(selector).length === 0) found.push(required("spec.selector"))
  else if (!matchesSelector(selector, labels)) {
    found.push(
      bad("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"),
    )
  }
  if ((numberAt(object, "spec", "replicas") ?? 0) < 0) {
    found.push(
      bad(
        "spec.replicas",
        numberAt(object, "spec", "replicas"),
        "must be greater than or equal to 0",
      ),
    )
  }
  const spec = objectAt(object, "spec", "template", "spec")
  // A StatefulSet's claims become volumes of its pods, under the same names.
  const claims = objectsAt(object, "spec", "volumeClaimTemplates").map((claim): JsonObject => ({
    name: textAt(claim, "metadata", "name") ?? "",
  }))
  const volumes = [...objectsAt(spec, "volumes"), ...claims]
  return [...found, ...podSpecProblems({ ...spec, volumes }, "spec.template.spec")]
}

function jobPolicy(object: KubeObject): readonly Cause[] {
  const policy = textAt(object, "spec", "template", "spec", "restartPolicy")
  if (policy !== "Always") return []
  return [
    {
      reason: "FieldValueNotSupported",
      field: "spec.template.spec.restartPolicy",
      message: `Unsupported value: "Always": supported values: "OnFailure", "Never"`,
    },
  ]
}

const statefulSetMutable = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
]

function statefulSetProblems(object: KubeObject, before: KubeObject | undefined): readonly Cause[] {
  const found = [...templateProblems(object)]
  if (textAt(object, "spec", "template", "spec", "restartPolicy") !== "Always") {
    found.push({
      reason: "FieldValueNotSupported",
      field: "spec.template.spec.restartPolicy",
      message: `Unsupported value: supported values: "Always"`,
    })
  }
  const rest = (set: KubeObject): JsonObject =>
    without(objectAt(set, "spec"), ...statefulSetMutable)
  if (before !== undefined && !equal(rest(object), rest(before))) {
    found.push(
      forbiddenField(
        "spec",
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
      ),
    )
  }
  return found
}

function leaseProblems(object: KubeObject): readonly Cause[] {
  const duration = numberAt(object, "spec", "leaseDurationSeconds")
  const transitions = numberAt(object, "spec", "leaseTransitions")
  const found: Cause[] = []
  if (duration !== undefined && duration <= 0)
    found.push(bad("spec.leaseDurationSeconds", duration, "must be greater than 0"))
  if (transitions !== undefined && transitions < 0)
    found.push(bad("spec.leaseTransitions", transitions, "must be greater than or equal to 0"))
  return found
}
