/** The defaults of a pod's spec, the same in a Pod and in the templates of its controllers. */
import {
  type Json,
  type JsonObject,
  isObject,
  objectAt,
  objectsAt,
  textAt,
  withAt,
} from "../json.ts"

export function podSpecDefaults(spec: JsonObject): JsonObject {
  const withLists = {
    ...spec,
    ...mapped(spec, "containers", containerDefaults),
    ...mapped(spec, "initContainers", containerDefaults),
    ...mapped(spec, "volumes", volumeDefaults),
  }
  const account = textAt(spec, "serviceAccountName") ?? textAt(spec, "serviceAccount")
  return {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
    ...withLists,
    // The old name of the field is kept equal, as clients still read it.
    ...(account === undefined ? {} : { serviceAccountName: account, serviceAccount: account }),
  }
}

const mapped = (
  spec: JsonObject,
  key: string,
  edit: (item: JsonObject) => JsonObject,
): JsonObject => (spec[key] === undefined ? {} : { [key]: objectsAt(spec, key).map(edit) })

function containerDefaults(container: JsonObject): JsonObject {
  const image = textAt(container, "image") ?? ""
  const isLatest = !/:[^/]+$/.test(image) || image.endsWith(":latest")
  let result: JsonObject = {
    imagePullPolicy: isLatest ? "Always" : "IfNotPresent",
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    ...container,
    resources: resourceDefaults(objectAt(container, "resources")),
    ...mapped(container, "ports", (port) => ({ protocol: "TCP", ...port })),
    ...mapped(container, "env", envDefaults),
  }
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    const found = result[probe]
    if (isObject(found)) result = { ...result, [probe]: probeDefaults(found) }
  }
  return result
}

/** A limit without a request is also the request. */
function resourceDefaults(resources: JsonObject): JsonObject {
  const limits = objectAt(resources, "limits")
  if (Object.keys(limits).length === 0) return resources
  return { ...resources, requests: { ...limits, ...objectAt(resources, "requests") } }
}

function envDefaults(env: JsonObject): JsonObject {
  return isObject(objectAt(env, "valueFrom")["fieldRef"])
    ? withAt(env, ["valueFrom", "fieldRef"], {
        apiVersion: "v1",
        ...objectAt(env, "valueFrom", "fieldRef"),
      })
    : env
}

function probeDefaults(probe: JsonObject): JsonObject {
  const http = probe["httpGet"]
  return {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
    ...probe,
    ...(isObject(http) ? { httpGet: { path: "/", scheme: "HTTP", ...http } } : {}),
  }
}

const modes = ["configMap", "secret", "downwardAPI", "projected"]
const sources = [
  ...modes,
  "emptyDir",
  "persistentVolumeClaim",
  "hostPath",
  "csi",
  "nfs",
  "ephemeral",
]

function volumeDefaults(volume: JsonObject): JsonObject {
  const filled: Record<string, Json | undefined> = { ...volume }
  for (const source of modes) {
    const found = filled[source]
    if (isObject(found)) filled[source] = fieldRefs({ defaultMode: 0o644, ...found })
  }
  if (!sources.some((source) => filled[source] !== undefined)) filled["emptyDir"] = {}
  const host = filled["hostPath"]
  if (isObject(host)) filled["hostPath"] = { type: "", ...host }
  return filled
}

/** Downward items name the version of the fields they refer to. */
function fieldRefs(source: JsonObject): JsonObject {
  const withItems = {
    ...source,
    ...mapped(source, "items", (item) =>
      isObject(item["fieldRef"])
        ? { ...item, fieldRef: { apiVersion: "v1", ...item["fieldRef"] } }
        : item,
    ),
  }
  return {
    ...withItems,
    ...mapped(source, "sources", (projection) => {
      const token = projection["serviceAccountToken"]
      const downward = projection["downwardAPI"]
      return {
        ...projection,
        ...(isObject(token) ? { serviceAccountToken: { expirationSeconds: 3600, ...token } } : {}),
        ...(isObject(downward) ? { downwardAPI: fieldRefs(downward) } : {}),
      }
    }),
  }
}
