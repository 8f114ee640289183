/** The satellite's configuration, read once; all mistakes are told together. */
import { readFileSync } from "node:fs"
import { hostname } from "node:os"
import { join } from "node:path"
import { createSecureContext } from "node:tls"
import * as z from "zod"
import { path, port, systemNamespace } from "#core/names.ts"
import type { Parsed, Problem } from "#core/parsed.ts"
import { type Environment, type HostPort, hostPort, logLevel, readConfig } from "#io/config.ts"
import type { LogLevel } from "#io/log.ts"

const dnsLabel = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, "expected lower-case letters, digits and '-'")

const labelPart = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/
const labelsMax = 32

/** `k=v,k=v` */
const labels = z.string().transform((text, context): Readonly<Record<string, string>> => {
  const pairs = text.split(",").map((pair) => pair.trim().split("="))
  const wrong = pairs.find(
    ([key, value, ...more]) =>
      more.length > 0 ||
      key === undefined ||
      value === undefined ||
      !labelPart.test(key) ||
      key.length > 63 ||
      (value !== "" && !labelPart.test(value)) ||
      value.length > 63,
  )
  if (wrong !== undefined || pairs.length > labelsMax) {
    const message = "expected k=v,k=v of letters, digits, '-', '_' and '.', at most 32 pairs"
    context.addIssue({ code: "custom", message })
    return z.NEVER
  }
  return Object.fromEntries(pairs.map(([key = "", value = ""]) => [key, value]))
})

const dialled = z
  .string()
  .regex(/^(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):\d{1,5}$/, "expected host:port that sidecars can dial")

const schema = z.object({
  PG_SWARM_CENTRAL_URL: z.url({
    protocol: /^https?$/,
    error: "expected http://host:9090 or https://host:9090",
  }),
  PG_SWARM_CENTRAL_CA: z.string().optional(),
  PG_SWARM_CENTRAL_NAME: z.string().min(1).max(253).optional(),
  PG_SWARM_SITE: dnsLabel,
  PG_SWARM_LABELS: labels.default({}),
  PG_SWARM_SIDECAR_LISTEN: hostPort.default({ host: "0.0.0.0", port: port.satelliteSidecar }),
  PG_SWARM_SIDECAR_ADDRESS: dialled.optional(),
  PG_SWARM_HEALTH_LISTEN: hostPort.default({ host: "0.0.0.0", port: port.satelliteHealth }),
  PG_SWARM_NAMESPACE: dnsLabel.default(systemNamespace),
  PG_SWARM_FAILOVER_IMAGE: z.string().regex(/^\S{1,400}$/, "expected an image reference"),
  PG_SWARM_DATA_DIR: z.string().default("/var/lib/pg-swarm-satellite"),
  PG_SWARM_LOG_LEVEL: logLevel.default("info"),
  PG_SWARM_POD: z.string().optional(),
  KUBECONFIG: z.string().optional(),
  KUBERNETES_SERVICE_HOST: z.string().optional(),
  KUBERNETES_SERVICE_PORT: z.coerce.number().int().min(1).max(65_535).default(443),
})

export type KubeSource =
  | { readonly kind: "kubeconfig"; readonly file: string }
  | {
      readonly kind: "pod"
      readonly host: string
      readonly port: number
      /** Where Kubernetes mounts the service account. */
      readonly folder: string
    }

export type CentralAddress = {
  readonly url: string
  /** Whom central's certificate must be signed by; undefined: anybody whom the system trusts. */
  readonly ca:
    | { readonly kind: "file"; readonly path: string }
    | { readonly kind: "text"; readonly pem: string }
    | undefined
  /** The name that its certificate must carry, where that is not the host of the URL. */
  readonly name: string | undefined
}

export type Config = {
  readonly central: CentralAddress
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  readonly sidecarListen: HostPort
  readonly sidecarAddress: string
  readonly healthListen: HostPort
  readonly namespace: string
  readonly failoverImage: string
  readonly dataDir: string
  readonly outboxFile: string
  readonly logLevel: LogLevel
  readonly kube: KubeSource
  /** Who we are among satellites of this Kubernetes: the pod's name where there is one. */
  readonly self: { readonly name: string; readonly isPod: boolean }
}

export function readSatelliteConfig(environment: Environment): Parsed<Config> {
  const read = readConfig(schema, environment)
  if (read.kind === "bad") return read
  const given = read.value
  const problems: Problem[] = []
  const note = (field: string, problem: string): void => void problems.push({ field, problem })
  const kube = kubeSource(given)
  if (kube === undefined)
    note(
      "KUBECONFIG",
      "is missing, and this is no pod of a Kubernetes; set it to a kubeconfig file",
    )
  const ca = authority(given.PG_SWARM_CENTRAL_CA, note)
  if (kube === undefined || problems.length > 0) return { kind: "bad", problems }
  const namespace = given.PG_SWARM_NAMESPACE
  return {
    kind: "ok",
    value: {
      central: {
        url: given.PG_SWARM_CENTRAL_URL.replace(/\/$/, ""),
        ca,
        name: given.PG_SWARM_CENTRAL_NAME,
      },
      site: given.PG_SWARM_SITE,
      labels: given.PG_SWARM_LABELS,
      sidecarListen: given.PG_SWARM_SIDECAR_LISTEN,
      sidecarAddress:
        given.PG_SWARM_SIDECAR_ADDRESS ??
        `pg-swarm-satellite.${namespace}.svc:${given.PG_SWARM_SIDECAR_LISTEN.port}`,
      healthListen: given.PG_SWARM_HEALTH_LISTEN,
      namespace,
      failoverImage: given.PG_SWARM_FAILOVER_IMAGE,
      dataDir: given.PG_SWARM_DATA_DIR,
      outboxFile: join(given.PG_SWARM_DATA_DIR, "outbox.db"),
      logLevel: given.PG_SWARM_LOG_LEVEL,
      kube,
      self: { name: given.PG_SWARM_POD ?? hostname(), isPod: given.PG_SWARM_POD !== undefined },
    },
  }
}

function kubeSource(given: z.output<typeof schema>): KubeSource | undefined {
  if (given.KUBECONFIG !== undefined) return { kind: "kubeconfig", file: given.KUBECONFIG }
  if (given.KUBERNETES_SERVICE_HOST === undefined) return undefined
  return {
    kind: "pod",
    host: given.KUBERNETES_SERVICE_HOST,
    port: given.KUBERNETES_SERVICE_PORT,
    folder: path.serviceAccount,
  }
}

/** A file, which is read again for each connection, or the PEM itself. */
function authority(
  given: string | undefined,
  note: (field: string, problem: string) => void,
): CentralAddress["ca"] {
  if (given === undefined) return undefined
  const isText = given.includes("-----BEGIN CERTIFICATE-----")
  try {
    const pem = isText ? given : readFileSync(given, "utf8")
    createSecureContext({ ca: pem })
    if (!pem.includes("-----BEGIN CERTIFICATE-----"))
      note("PG_SWARM_CENTRAL_CA", "holds no certificate in PEM")
    return isText ? { kind: "text", pem } : { kind: "file", path: given }
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    note("PG_SWARM_CENTRAL_CA", isText ? `is no PEM: ${why}` : `cannot use ${given}: ${why}`)
    return undefined
  }
}
