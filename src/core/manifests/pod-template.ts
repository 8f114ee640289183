/**
 * The pod of a member. Nothing volatile is in it: what a running member can take over by a reload
 * (parameters, HBA lines, members, durability) is in the ConfigMap, so that neither such a change nor a
 * config version makes a new template.
 */
import { type ClusterSpec, type ResourceSpec, uidDefault } from "#core/cluster/spec.ts"
import { type Json, clusterLabels } from "#core/manifests/object.ts"
import type { Site } from "#core/manifests/site.ts"
import { configKey, container, env, label, objectNames, path, port } from "#core/names.ts"

/** Octal 0440: the secret is read by the group that the volumes belong to. */
const secretMode = 288
const gracePeriodSeconds = 60

export const volumeName = {
  data: "data",
  wal: "wal",
  run: "run",
  config: "config",
  secret: "secret",
  memory: "shared-memory",
} as const

const userOf = ({ postgres: { uid } }: ClusterSpec): number => uid ?? uidDefault

export const podTemplate = (spec: ClusterSpec, site: Site): Json => ({
  metadata: { labels: { ...clusterLabels(spec), [label.name]: "postgresql" } },
  spec: {
    serviceAccountName: objectNames(spec.name).serviceAccount,
    terminationGracePeriodSeconds: gracePeriodSeconds,
    enableServiceLinks: false,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: userOf(spec),
      runAsGroup: userOf(spec),
      fsGroup: userOf(spec),
      // Without it, each start of a pod would walk through all of its data.
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    affinity: apart(spec),
    topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map(
      (topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: clusterLabels(spec) },
      }),
    ),
    containers: [postgres(spec), failover(spec, site)],
    volumes: volumes(spec),
  },
})

const apart = (spec: ClusterSpec): Json => ({
  podAntiAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: {
          topologyKey: "kubernetes.io/hostname",
          labelSelector: { matchLabels: clusterLabels(spec) },
        },
      },
    ],
  },
})

const postgres = (spec: ClusterSpec): Json => ({
  name: container.postgres,
  image: spec.postgres.image,
  imagePullPolicy: "IfNotPresent",
  command: ["bash", supervisor],
  env: environment(spec),
  ports: [{ name: "postgres", containerPort: port.postgres, protocol: "TCP" }],
  // The supervisor's own pulse, never SQL: a busy server is not a dead one.
  livenessProbe: {
    exec: { command: ["bash", supervisor, "--alive"] },
    initialDelaySeconds: 5,
    periodSeconds: 2,
    timeoutSeconds: 3,
    failureThreshold: 3,
  },
  resources: resources(spec.resources),
  securityContext: confined,
  volumeMounts: mounts(spec),
})

const failover = (spec: ClusterSpec, site: Site): Json => ({
  name: container.failover,
  image: site.failoverImage,
  imagePullPolicy: "IfNotPresent",
  env: [
    ...environment(spec),
    ...small,
    // Plain `fetch` in the sidecar trusts the API server by it.
    { name: "NODE_EXTRA_CA_CERTS", value: `${path.serviceAccount}/ca.crt` },
  ],
  ports: [
    { name: "peer", containerPort: port.peer, protocol: "TCP" },
    { name: "health", containerPort: port.sidecarHealth, protocol: "TCP" },
  ],
  readinessProbe: {
    httpGet: { path: "/readyz", port: port.sidecarHealth, scheme: "HTTP" },
    periodSeconds: 2,
    timeoutSeconds: 2,
    failureThreshold: 2,
  },
  // Generous: a restarted sidecar costs a failover's worth of attention.
  livenessProbe: {
    httpGet: { path: "/healthz", port: port.sidecarHealth, scheme: "HTTP" },
    initialDelaySeconds: 20,
    periodSeconds: 10,
    timeoutSeconds: 5,
    failureThreshold: 6,
  },
  // At rest it takes 10m. On a node that is busy the request is its share, and an election must not crawl then.
  resources: { requests: { cpu: "100m", memory: "80Mi" }, limits: { memory: "256Mi" } },
  securityContext: confined,
  volumeMounts: mounts(spec),
})

const supervisor = `${path.config}/${configKey.supervisor}`

const confined: Json = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
}

const fromPod = (name: string, fieldPath: string): Json => ({
  name,
  valueFrom: { fieldRef: { apiVersion: "v1", fieldPath } },
})

/**
 * There is a sidecar beside every database: it must stay small. A young generation of one megabyte, one
 * malloc arena and two worker threads halve what it holds (`bench/memory.ts`); it has nothing that is in a hurry.
 */
const small: readonly Json[] = [
  { name: "NODE_OPTIONS", value: "--max-semi-space-size=1 --max-old-space-size=64" },
  { name: "MALLOC_ARENA_MAX", value: "1" },
  { name: "UV_THREADPOOL_SIZE", value: "2" },
]

const environment = (spec: ClusterSpec): readonly Json[] => [
  { name: env.cluster, value: spec.name },
  fromPod(env.namespace, "metadata.namespace"),
  fromPod(env.podName, "metadata.name"),
  fromPod(env.podUid, "metadata.uid"),
  fromPod(env.podIp, "status.podIP"),
  { name: env.dataDir, value: path.data },
  // Empty when there is no WAL volume; the server drops an empty value, so it is left out here too.
  spec.wal === undefined ? { name: env.walDir } : { name: env.walDir, value: path.wal },
  { name: env.runDir, value: path.run },
  { name: env.configDir, value: path.config },
  { name: env.secretDir, value: path.secret },
  { name: env.serviceAccountDir, value: path.serviceAccount },
]

const mounts = (spec: ClusterSpec): readonly Json[] => [
  { name: volumeName.data, mountPath: path.data },
  ...(spec.wal === undefined ? [] : [{ name: volumeName.wal, mountPath: path.wal }]),
  { name: volumeName.run, mountPath: path.run },
  { name: volumeName.config, mountPath: path.config, readOnly: true },
  { name: volumeName.secret, mountPath: path.secret, readOnly: true },
  // Containers get 64 MB of shared memory by default, which parallel queries outgrow.
  { name: volumeName.memory, mountPath: "/dev/shm" },
]

function volumes(spec: ClusterSpec): readonly Json[] {
  const names = objectNames(spec.name)
  return [
    { name: volumeName.run, emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
    { name: volumeName.config, configMap: { name: names.configMap } },
    { name: volumeName.secret, secret: { secretName: names.secret, defaultMode: secretMode } },
    { name: volumeName.memory, emptyDir: { medium: "Memory" } },
  ]
}

function resources(spec: ResourceSpec): Json {
  const list = (cpu: string | undefined, memory: string | undefined) => ({
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
  })
  const requests = list(spec.cpuRequest, spec.memoryRequest)
  const limits = list(spec.cpuLimit, spec.memoryLimit)
  return {
    ...(Object.keys(requests).length === 0 ? {} : { requests }),
    ...(Object.keys(limits).length === 0 ? {} : { limits }),
  }
}
