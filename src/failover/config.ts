/** The sidecar's surroundings: environment, mounted secrets, and `pod.json`, which may change while it runs. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import * as z from "zod"
import {
  clusterName,
  memberPod,
  namespace,
  ordinalOf,
  podName,
  systemIdentifier,
} from "#core/ids.ts"
import type { ClusterName, Namespace, PodName } from "#core/ids.ts"
import { configKey, env, secretKey } from "#core/names.ts"
import type { Parsed } from "#core/parsed.ts"
import type { Policy } from "#core/failover/policy.ts"
import { policyOf } from "#core/failover/policy.ts"
import type { Settings } from "#core/failover/observation.ts"
import { type Environment, readConfig } from "#io/config.ts"
import { Outage } from "#io/outage.ts"
import { seconds } from "#core/units.ts"
import { type PodConfig, podConfigSchema } from "#wire/pod-config.ts"

const schema = z.object({
  [env.cluster]: z.string().min(1).max(40),
  [env.namespace]: z.string().min(1),
  [env.podName]: z.string().min(1),
  [env.podUid]: z.string().min(1),
  [env.podIp]: z.union([z.ipv4(), z.ipv6()]),
  [env.dataDir]: z.string().startsWith("/"),
  [env.walDir]: z.string().startsWith("/").optional(),
  [env.runDir]: z.string().startsWith("/"),
  [env.configDir]: z.string().startsWith("/"),
  [env.secretDir]: z.string().startsWith("/"),
  [env.serviceAccountDir]: z.string().startsWith("/"),
  KUBERNETES_SERVICE_HOST: z.string().min(1),
  KUBERNETES_SERVICE_PORT: z.coerce.number().int().min(1).max(65_535).default(443),
})

export type Config = {
  readonly cluster: ClusterName
  readonly namespace: Namespace
  readonly pod: PodName
  readonly podUid: string
  readonly address: string
  readonly dataDir: string
  readonly walDir: string | undefined
  readonly runDir: string
  readonly configDir: string
  readonly secretDir: string
  readonly serviceAccountDir: string
  readonly kubernetes: { readonly host: string; readonly port: number }
}

/** Reads the environment; all mistakes at once. */
export function readEnvironment(environment: Environment): Parsed<Config> {
  const read = readConfig(schema, environment)
  if (read.kind === "bad") return read
  const { value } = read
  const pod = podName(value[env.podName])
  if (ordinalOf(pod) === undefined)
    return {
      kind: "bad",
      problems: [
        {
          field: env.podName,
          problem: "expected the name of a StatefulSet's pod: <cluster>-<number>",
        },
      ],
    }
  return {
    kind: "ok",
    value: {
      cluster: clusterName(value[env.cluster]),
      namespace: namespace(value[env.namespace]),
      pod,
      podUid: value[env.podUid],
      address: value[env.podIp],
      dataDir: value[env.dataDir],
      walDir: value[env.walDir],
      runDir: value[env.runDir],
      configDir: value[env.configDir],
      secretDir: value[env.secretDir],
      serviceAccountDir: value[env.serviceAccountDir],
      kubernetes: {
        host: value.KUBERNETES_SERVICE_HOST,
        port: value.KUBERNETES_SERVICE_PORT,
      },
    },
  }
}

export type Secrets = {
  readonly superuserPassword: string
  readonly replicationPassword: string
  readonly peer: { readonly ca: string; readonly certificate: string; readonly key: string }
}

export async function readSecrets(config: Config): Promise<Secrets> {
  const read = (key: string): Promise<string> => readSecret(config, key)
  return {
    superuserPassword: (await read(secretKey.superuserPassword)).trim(),
    replicationPassword: (await read(secretKey.replicationPassword)).trim(),
    peer: {
      ca: await read(secretKey.peerCa),
      certificate: await read(secretKey.peerCertificate),
      key: await read(secretKey.peerKey),
    },
  }
}

/** One file of the mounted Secret. */
export async function readSecret(config: Config, key: string): Promise<string> {
  const file = join(config.secretDir, key)
  try {
    return await readFile(file, "utf8")
  } catch (cause) {
    throw new Outage("SECRET_UNREADABLE", `cannot read ${file}`, { cause })
  }
}

export const podConfigFile = ({ configDir }: Pick<Config, "configDir">): string =>
  join(configDir, configKey.podConfig)

/** Reads `pod.json`; throws an Outage naming every mistake when it is not what the satellite should write. */
export async function readPodConfig(config: Config): Promise<PodConfig> {
  const file = podConfigFile(config)
  try {
    return podConfigSchema.parse(JSON.parse(await readFile(file, "utf8")))
  } catch (cause) {
    throw new Outage("POD_CONFIG_UNREADABLE", `cannot use ${file}`, { cause })
  }
}

export const policyFor = (pod: PodConfig): Policy => policyOf(pod.preset)

export const settingsFor = (config: Config, pod: PodConfig): Settings => ({
  members: Array.from({ length: pod.members }, (_, ordinal) => memberPod(config.cluster, ordinal)),
  durability: pod.durability,
  priorities: pod.priorities,
  lag: {
    maxBytes: pod.maxLagBytes,
    onExcess: pod.onExcessLag,
    wait: seconds(pod.lagWaitSeconds),
  },
  paused: pod.paused,
  systemIdentifier:
    pod.systemIdentifier === undefined ? undefined : systemIdentifier(pod.systemIdentifier),
})
