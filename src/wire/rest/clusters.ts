/** Clusters: what was asked for, what the site last reported, and since when that is known. */
import * as z from "zod"
import {
  clusterStates,
  instancePhases,
  instanceRoles,
  questionsAbout,
} from "#core/cluster/state.ts"
import { changeActions, changeStates, stepStates } from "#core/rollout/change.ts"
import { strategies } from "#core/rollout/impact.ts"
import { timestamp } from "#wire/rest/shapes.ts"

export const instanceSchema = z.object({
  pod: z.string(),
  role: z.enum(instanceRoles),
  phase: z.enum(instancePhases),
  ready: z.boolean(),
  reason: z.string().nullable(),
  timeline: z.number().int().nullable(),
  receivedLsn: z.string().nullable(),
  replayedLsn: z.string().nullable(),
  lagBytes: z.number().nullable(),
  lagSeconds: z.number().nullable(),
  connectionsUsed: z.number().int().nullable(),
  connectionsActive: z.number().int().nullable(),
  connectionsMax: z.number().int().nullable(),
  dataBytes: z.number().nullable(),
  walBytes: z.number().nullable(),
  diskTotalBytes: z.number().nullable(),
  diskFreeBytes: z.number().nullable(),
  receiver: z.string().nullable(),
  startedAt: timestamp.nullable(),
  containerRestarts: z.number().int(),
  synchronous: z.boolean(),
  /** What a person must decide before this member may become primary: `promoteMember` is the answer. */
  question: z
    .object({
      about: z.enum(questionsAbout),
      /** WAL that it is known to lack; more may be missing. */
      missingBytes: z.number().nullable(),
    })
    .nullable()
    .default(null),
  /** Why this primary lets no clients in: a person's fence, or it waits for a quorum after a restart. */
  refusing: z.string().nullable().default(null),
})
export type Instance = z.infer<typeof instanceSchema>

/** How far the site has brought the newest config that it holds into force. */
export const changeSchema = z.object({
  version: z.number().int(),
  state: z.enum(changeStates),
  strategy: z.enum(strategies),
  steps: z.array(
    z.object({
      pod: z.string(),
      action: z.enum(changeActions),
      state: z.enum(stepStates),
      detail: z.string().nullable(),
      at: timestamp,
    }),
  ),
  /** What it waits for, or why it was given up. */
  reason: z.string().nullable(),
  /** Parameters whose new value waits for a restart, by the word of the servers. */
  pendingRestart: z.array(z.string()),
  startedAt: timestamp,
  endedAt: timestamp.nullable(),
})
export type Change = z.infer<typeof changeSchema>

export const clusterSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  namespace: z.string(),
  satelliteId: z.uuid(),
  satelliteName: z.string(),
  profileId: z.uuid(),
  profileName: z.string(),
  /** The version of the profile that the cluster is on, and the newest there is. */
  specVersion: z.number().int(),
  newestSpecVersion: z.number().int(),
  ruleId: z.uuid().nullable(),
  /** `unknown` when the site is lost: nothing newer than `observedAt` is known. */
  state: z.enum(clusterStates),
  /** One sentence: why it is in this state. */
  reason: z.string(),
  paused: z.boolean(),
  /** Neither a person nor a rule deletes it before somebody takes this off. */
  deletionProtected: z.boolean(),
  members: z.number().int(),
  postgresMajor: z.number().int(),
  durability: z.enum(["async", "preferred", "quorum"]),
  desiredVersion: z.number().int(),
  /** The last version whose objects the site wrote: members need not run with it yet. */
  appliedVersion: z.number().int().nullable(),
  /** The last version that every member ran with. */
  inForceVersion: z.number().int().nullable(),
  /** What the site does about the newest version that it holds. */
  change: changeSchema.nullable(),
  /** Why the site has not applied the desired version, if it said so. */
  applyProblem: z.string().nullable(),
  primary: z.string().nullable(),
  term: z.number().int().nullable(),
  instances: z.array(instanceSchema),
  /** When the site saw what is shown here; null before the first report. */
  observedAt: timestamp.nullable(),
  createdAt: timestamp,
  version: z.number().int(),
})
export type Cluster = z.infer<typeof clusterSchema>

export const editClusterBody = z.strictObject({
  /** As it was read: a change that somebody else made meanwhile is not overwritten. */
  version: z.int(),
  deletionProtected: z.boolean(),
})

export const pauseClusterBody = z.strictObject({
  /** Told to people with the event. */
  reason: z.string().trim().max(300).default(""),
})
