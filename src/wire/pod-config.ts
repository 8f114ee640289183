/**
 * `pod.json` in the ConfigMap `c-config`: what the satellite tells the failover sidecar, and may change
 * without a restart. Mounted as a file, so it is there without the satellite and without the API.
 */
import * as z from "zod"
import { lagWaitDefault, prioritiesMax } from "#core/cluster/spec.ts"

export const podConfigSchema = z.strictObject({
  cluster: z.string().min(1),
  namespace: z.string().min(1),
  clusterId: z.uuid(),
  /** Members that the cluster should have; their pods are `<cluster>-0` to `<cluster>-<members - 1>`. */
  members: z.number().int().min(1).max(9),
  preset: z.enum(["fast", "edge", "calm"]),
  durability: z.enum(["async", "preferred", "quorum"]),
  /** `host:port` of the satellite's sidecar port; a name or an address. */
  satelliteAddress: z.string().min(1),
  /** No member becomes primary by itself while it is so. */
  paused: z.boolean(),
  /** How far behind the primary a candidate may be; absent: any. */
  maxLagBytes: z.number().int().min(0).optional(),
  onExcessLag: z.enum(["take-best", "ask"]).default("take-best"),
  lagWaitSeconds: z.number().int().min(0).max(3600).default(lagWaitDefault),
  /** By ordinal; 1 where nothing is said, 0 is never a candidate. */
  priorities: z.array(z.number().int().min(0).max(prioritiesMax)).max(9).default([]),
  /** Once known: an empty data directory is cloned, never initialised (S4). */
  systemIdentifier: z.string().regex(/^\d+$/).optional(),
  logLevel: z.enum(["debug", "info", "warn", "error"]).default("info"),
  /**
   * What to do when the server's log says something (`ruleSetSchema`); absent: the rules that are built in.
   * Read apart: a set that a sidecar can not use must not keep it from what else is said here.
   */
  recovery: z.unknown().optional(),
})

export type PodConfig = Readonly<z.infer<typeof podConfigSchema>>
