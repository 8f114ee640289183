/** ConfigMap `c-rollout`: how far the newest config is in force, and the last that was; so a restart goes on with the story. */
import * as z from "zod"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { configVersion, podName } from "#core/ids.ts"
import { type KubeObject, objectMetadata } from "#core/manifests/object.ts"
import { objectNames } from "#core/names.ts"
import { changeActions, changeStates, stepStates } from "#core/rollout/change.ts"
import { strategies } from "#core/rollout/impact.ts"
import type { Progress } from "#core/rollout/progress.ts"
import { isRecord, type Live } from "#io/kube/api.ts"
import { readStoredCluster, storeCluster } from "#wire/stored-cluster.ts"

export type Kept = {
  readonly progress: Progress | undefined
  /** The last config that was in force on every member. */
  readonly inForce: ClusterSpec | undefined
}

const key = { change: "change.json", inForce: "in-force.json" } as const

const schema = z.object({
  version: z.number().int().min(1),
  state: z.enum(changeStates),
  strategy: z.enum(strategies),
  steps: z.array(
    z.object({
      pod: z.string(),
      action: z.enum(changeActions),
      state: z.enum(stepStates),
      detail: z.string().optional(),
      at: z.number(),
      mark: z.string(),
    }),
  ),
  reason: z.string().optional(),
  pendingRestart: z.array(z.string()),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  runs: z.record(z.string(), z.number()),
})

export const keptObject = (spec: ClusterSpec, { progress, inForce }: Kept): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: objectMetadata(spec, objectNames(spec.name).rollout),
  data: {
    ...(progress === undefined ? {} : { [key.change]: JSON.stringify(progress) }),
    ...(inForce === undefined ? {} : { [key.inForce]: storeCluster(inForce) }),
  },
})

/** What can not be read is as if it had not been kept: the site begins the story anew, from what is there. */
export function readKept(map: Live | undefined): Kept {
  const data = isRecord(map?.["data"]) ? map["data"] : {}
  const text = (name: string): string => {
    const value = data[name]
    return typeof value === "string" ? value : ""
  }
  const stored = readStoredCluster(text(key.inForce))
  return {
    progress: readProgress(text(key.change)),
    inForce: stored.kind === "ok" ? stored.value : undefined,
  }
}

function readProgress(text: string): Progress | undefined {
  try {
    const { version, steps, reason, endedAt, ...rest } = schema.parse(JSON.parse(text))
    return {
      ...rest,
      version: configVersion(version),
      reason,
      endedAt,
      steps: steps.map((step) => ({ ...step, pod: podName(step.pod), detail: step.detail })),
    }
  } catch {
    return undefined
  }
}
