/** What the server fills in where a client left a field out, by kind. */
import { randomBytes } from "node:crypto"

import {
  type Json,
  type JsonObject,
  at,
  defined,
  isObject,
  objectAt,
  objectsAt,
  stringsAt,
  textAt,
  withAt,
  without,
} from "../json.ts"
import { type KubeObject, finalizersOf, nameOf, uidOf } from "../object.ts"
import { podSpecDefaults } from "./pod-defaults.ts"

/** What defaults need to know of the site. */
export type Surroundings = {
  /** A free address for a Service. */
  readonly serviceAddress: () => string
  readonly defaultStorageClass: () => string | undefined
  /** Whether pods of this account get its token; undefined when there is no such account. */
  readonly mountsToken: (namespace: string, account: string) => boolean | undefined
}

type Filler = (object: KubeObject, before: KubeObject | undefined, site: Surroundings) => KubeObject

/** The object with its defaults; `before` is the stored one on an update. */
export const withDefaults = (
  resource: string,
  object: KubeObject,
  before: KubeObject | undefined,
  site: Surroundings,
): KubeObject => fillers[resource]?.(object, before, site) ?? object

const spec = (object: KubeObject, defaults: JsonObject): KubeObject =>
  withAt(object, ["spec"], { ...defaults, ...objectAt(object, "spec") })

const withTemplate = (object: KubeObject): KubeObject =>
  withAt(
    object,
    ["spec", "template", "spec"],
    podSpecDefaults(objectAt(object, "spec", "template", "spec")),
  )

const fillers: Readonly<Record<string, Filler>> = {
  namespaces: (object, before) => {
    const labelled = withAt(
      object,
      ["metadata", "labels", "kubernetes.io/metadata.name"],
      nameOf(object),
    )
    if (before !== undefined) return labelled
    return { ...spec(labelled, { finalizers: ["kubernetes"] }), status: { phase: "Active" } }
  },
  pods: pod,
  services: service,
  secrets: secret,
  persistentvolumeclaims: claim,
  "statefulsets.apps": statefulSet,
  "deployments.apps": (object) =>
    withTemplate(
      spec(object, {
        replicas: 1,
        strategy: { type: "RollingUpdate", ...rolling(object) },
        revisionHistoryLimit: 10,
        progressDeadlineSeconds: 600,
      }),
    ),
  "replicasets.apps": (object) => withTemplate(spec(object, { replicas: 1 })),
  "jobs.batch": job,
  "endpointslices.discovery.k8s.io": (object) =>
    withAt(
      object,
      ["ports"],
      objectsAt(object, "ports").map((port) => ({ name: "", protocol: "TCP", ...port })),
    ),
  "rolebindings.rbac.authorization.k8s.io": binding,
  "clusterrolebindings.rbac.authorization.k8s.io": binding,
  "storageclasses.storage.k8s.io": (object) => ({
    reclaimPolicy: "Delete",
    volumeBindingMode: "Immediate",
    ...object,
  }),
}

function rolling(object: KubeObject): JsonObject {
  const type = textAt(object, "spec", "strategy", "type") ?? "RollingUpdate"
  if (type !== "RollingUpdate") return { type }
  return {
    rollingUpdate: {
      maxUnavailable: "25%",
      maxSurge: "25%",
      ...objectAt(object, "spec", "strategy", "rollingUpdate"),
    },
  }
}

function pod(object: KubeObject, before: KubeObject | undefined, site: Surroundings): KubeObject {
  if (before !== undefined) {
    return withAt(object, ["spec"], podSpecDefaults(objectAt(object, "spec")))
  }
  const account = textAt(object, "spec", "serviceAccountName") ?? "default"
  const named = {
    enableServiceLinks: true,
    ...objectAt(object, "spec"),
    serviceAccountName: account,
  }
  const filled = withAt(object, ["spec"], podSpecDefaults(withToken(object, named, account, site)))
  return { ...filled, status: { phase: "Pending", qosClass: qualityOf(filled) } }
}

const tokenPath = "/var/run/secrets/kubernetes.io/serviceaccount"

/** Mounts the account's token into each container that does not mount something there itself. */
function withToken(
  object: KubeObject,
  podSpec: JsonObject,
  account: string,
  site: Surroundings,
): JsonObject {
  const asked = podSpec["automountServiceAccountToken"]
  const namespace = textAt(object, "metadata", "namespace") ?? ""
  const isMounted = asked ?? site.mountsToken(namespace, account) ?? true
  if (isMounted !== true) return podSpec
  const name = `kube-api-access-${randomBytes(3).toString("hex").slice(0, 5)}`
  const hasOwn = (container: JsonObject): boolean =>
    objectsAt(container, "volumeMounts").some((one) => one["mountPath"] === tokenPath)
  const mount = (container: JsonObject): JsonObject => {
    if (hasOwn(container)) return container
    const mounts = objectsAt(container, "volumeMounts")
    const own = { name, readOnly: true, mountPath: tokenPath }
    return { ...container, volumeMounts: [...mounts, own] }
  }
  const given = [...objectsAt(podSpec, "containers"), ...objectsAt(podSpec, "initContainers")]
  if (given.every(hasOwn)) return podSpec
  const containers = objectsAt(podSpec, "containers").map(mount)
  const inits = objectsAt(podSpec, "initContainers").map(mount)
  const field = { apiVersion: "v1", fieldPath: "metadata.namespace" }
  const volume = {
    name,
    projected: {
      defaultMode: 0o644,
      sources: [
        { serviceAccountToken: { path: "token", expirationSeconds: 3607 } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: field }] } },
      ],
    },
  }
  return defined({
    ...podSpec,
    containers,
    initContainers: inits.length === 0 ? undefined : inits,
    volumes: [...objectsAt(podSpec, "volumes"), volume],
  })
}

function qualityOf(object: KubeObject): string {
  const all = objectsAt(object, "spec", "containers").map((one) => objectAt(one, "resources"))
  const asked = (kind: string): readonly JsonObject[] => all.map((one) => objectAt(one, kind))
  const isSet = (one: JsonObject): boolean => Object.keys(one).length > 0
  if (![...asked("limits"), ...asked("requests")].some(isSet)) return "BestEffort"
  const isGuaranteed = all.every((one) =>
    ["cpu", "memory"].every((resource) => {
      const limit = at(one, "limits", resource)
      return limit !== undefined && limit === (at(one, "requests", resource) ?? limit)
    }),
  )
  return isGuaranteed ? "Guaranteed" : "Burstable"
}

function service(
  object: KubeObject,
  before: KubeObject | undefined,
  site: Surroundings,
): KubeObject {
  const type = textAt(object, "spec", "type") ?? "ClusterIP"
  const ports = objectsAt(object, "spec", "ports").map((port) => ({
    protocol: "TCP",
    targetPort: port["port"] ?? null,
    ...port,
  }))
  const base = spec(object, { type, sessionAffinity: "None", internalTrafficPolicy: "Cluster" })
  const filled = ports.length === 0 ? base : withAt(base, ["spec", "ports"], ports)
  const status = before === undefined ? { status: { loadBalancer: {} } } : {}
  if (type === "ExternalName") return { ...filled, ...status }
  const address =
    textAt(object, "spec", "clusterIP") ??
    (before === undefined ? undefined : textAt(before, "spec", "clusterIP")) ??
    site.serviceAddress()
  return {
    ...filled,
    spec: {
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      ...objectAt(filled, "spec"),
      clusterIP: address,
      clusterIPs: [address],
    },
    ...status,
  }
}

function secret(object: KubeObject): KubeObject {
  const plain = Object.entries(stringsAt(object, "stringData"))
  const data: JsonObject = {
    ...objectAt(object, "data"),
    ...Object.fromEntries(plain.map(([key, text]) => [key, Buffer.from(text).toString("base64")])),
  }
  return {
    ...without(object, "stringData"),
    ...(Object.keys(data).length === 0 ? {} : { data }),
    type: textAt(object, "type") ?? "Opaque",
  }
}

const claimFinalizer = "kubernetes.io/pvc-protection"

function claim(object: KubeObject, before: KubeObject | undefined, site: Surroundings): KubeObject {
  const filled = spec(object, { volumeMode: "Filesystem" })
  if (before !== undefined) {
    const volume = textAt(before, "spec", "volumeName")
    const className = at(before, "spec", "storageClassName")
    return spec(filled, defined({ volumeName: volume, storageClassName: className }))
  }
  const storageClassName = site.defaultStorageClass()
  const protectedBy = [...finalizersOf(filled), claimFinalizer]
  return {
    ...withAt(
      spec(filled, defined({ storageClassName })),
      ["metadata", "finalizers"],
      [...new Set(protectedBy)],
    ),
    status: { phase: "Pending" },
  }
}

function statefulSet(object: KubeObject): KubeObject {
  const type = textAt(object, "spec", "updateStrategy", "type") ?? "RollingUpdate"
  const partition = { partition: 0, ...objectAt(object, "spec", "updateStrategy", "rollingUpdate") }
  const templates = objectsAt(object, "spec", "volumeClaimTemplates").map((template): Json => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    ...spec(template, { volumeMode: "Filesystem" }),
    status: { phase: "Pending" },
  }))
  const filled = spec(object, {
    replicas: 1,
    podManagementPolicy: "OrderedReady",
    revisionHistoryLimit: 10,
    persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
  })
  const strategy = type === "RollingUpdate" ? { type, rollingUpdate: partition } : { type }
  const withStrategy = withAt(filled, ["spec", "updateStrategy"], strategy)
  return withTemplate(
    templates.length === 0
      ? withStrategy
      : withAt(withStrategy, ["spec", "volumeClaimTemplates"], templates),
  )
}

function job(object: KubeObject, before: KubeObject | undefined): KubeObject {
  const filled = withTemplate(
    spec(object, {
      parallelism: 1,
      completions: 1,
      backoffLimit: 6,
      completionMode: "NonIndexed",
      suspend: false,
    }),
  )
  if (before !== undefined || isObject(at(object, "spec", "selector"))) return filled
  const labels: JsonObject = {
    "batch.kubernetes.io/controller-uid": uidOf(object),
    "controller-uid": uidOf(object),
    "batch.kubernetes.io/job-name": nameOf(object),
    "job-name": nameOf(object),
  }
  const template = ["spec", "template", "metadata", "labels"]
  const labelled = withAt(filled, template, { ...objectAt(filled, ...template), ...labels })
  return withAt(labelled, ["spec", "selector"], {
    matchLabels: { "batch.kubernetes.io/controller-uid": uidOf(object) },
  })
}

function binding(object: KubeObject): KubeObject {
  const group = "rbac.authorization.k8s.io"
  const subjects = objectsAt(object, "subjects").map((subject) =>
    subject["kind"] === "ServiceAccount" ? subject : { apiGroup: group, ...subject },
  )
  const filled = { ...object, roleRef: { apiGroup: group, ...objectAt(object, "roleRef") } }
  return subjects.length === 0 ? filled : { ...filled, subjects }
}
