/** Rollouts: the approval of a profile's version for clusters, and how it reaches them. */
import * as z from "zod"
import { strategies } from "#core/rollout/impact.ts"
import { onHalts, whenUnhealthies } from "#core/rollout/plan.ts"
import { entryStates } from "#core/rollout/entry.ts"
import { rolloutStates } from "#core/rollout/waves.ts"
import { impactClustersMax, warningSchema } from "#wire/rest/profile-versions.ts"
import { labelsSchema, oneLine, pageQuery, timestamp } from "#wire/rest/shapes.ts"

const specVersion = z.int().min(1).max(2_147_483_647)
const clusterMax = impactClustersMax
const dayS = 24 * 3600

export const shareSchema = z.discriminatedUnion("kind", [
  /** Clusters whose satellite has all of these labels when the rollout is made. */
  z.strictObject({ kind: z.literal("selector"), labels: labelsSchema }),
  /** So many of a hundred of all clusters of the rollout, rounded up; a fair sample, the same each time. */
  z.strictObject({ kind: z.literal("percent"), percent: z.number().gt(0).max(100) }),
  /** Whatever no earlier stage took. */
  z.strictObject({ kind: z.literal("rest") }),
])

const maxParallel = z.int().min(1).max(10_000)
const bakeSeconds = z
  .int()
  .min(0)
  .max(30 * dayS)

const stageBody = z.strictObject({
  name: oneLine.max(63),
  share: shareSchema,
  /** Absent: as the rollout says. */
  maxParallel: maxParallel.optional(),
  bakeSeconds: bakeSeconds.optional(),
  /** The stage begins when a person passes its gate. */
  gate: z.boolean().default(false),
})

const planShape = {
  profileId: z.uuid(),
  /** The version to go to, up or down; absent: the newest. */
  specVersion: specVersion.optional(),
  /** Absent: every cluster of the profile. */
  clusterIds: z.array(z.uuid()).min(1).max(clusterMax).optional(),
  /** Absent: one stage with all. Clusters that no stage takes form a last one, `rest`. */
  stages: z.array(stageBody).min(1).max(20).optional(),
  /** At most so many clusters change at the same time. */
  maxParallel: maxParallel.default(5),
  /** So long each cluster has to stay healthy after the change before it counts as done. */
  bakeSeconds: bakeSeconds.default(60),
  /** The rollout halts with the so many-th cluster that fails. */
  haltAfter: z.int().min(1).max(10_000).default(1),
  onHalt: z.enum(onHalts).default("stay"),
  /** A cluster that is not healthy when its turn comes: `wait` until it is, or `move` it all the same. */
  whenUnhealthy: z.enum(whenUnhealthies).default("wait"),
  /** Goes on in freeze windows too. */
  ignoreFreeze: z.boolean().default(false),
  /** A cluster whose site can be heard has so long to bring the change into force. */
  changeWithinSeconds: z
    .int()
    .min(1)
    .max(7 * dayS)
    .default(3600),
  /** A cluster may be not healthy for so long after the change. */
  unhealthyForSeconds: z.int().min(0).max(dayS).default(300),
}

export const previewRolloutBody = z.strictObject(planShape)
export const createRolloutBody = z.strictObject({
  ...planShape,
  note: z.string().max(1000).default(""),
})
export type RolloutPlanBody = z.output<typeof previewRolloutBody>

/**
 * `move`: changes when its turn comes. `owe`: would wait, for its site, a person, a freeze window or its health.
 * `has`: is on the version already. `refuse`: cannot take it.
 */
export const verdicts = ["move", "owe", "has", "refuse"] as const

const placeShape = {
  id: z.uuid(),
  name: z.string(),
  namespace: z.string(),
  satelliteId: z.uuid(),
  satelliteName: z.string(),
}

export const rolloutPreviewSchema = z.object({
  profileId: z.uuid(),
  specVersion,
  clusterCount: z.number().int(),
  counts: z.record(z.enum(verdicts), z.number().int()),
  /** How many clusters are changed in which way. */
  strategies: z.record(z.enum(strategies), z.number().int()),
  warnings: z.array(warningSchema),
  stages: z.array(
    z.object({
      name: z.string(),
      gate: z.boolean(),
      maxParallel: z.number().int(),
      bakeSeconds: z.number().int(),
      clusterCount: z.number().int(),
      /** The first of them by name. */
      clusters: z.array(
        z.object({
          ...placeShape,
          fromVersion: specVersion,
          strategy: z.enum(strategies),
          summary: z.string(),
          verdict: z.enum(verdicts),
          /** Why it would wait or cannot; null where the verdict says it all. */
          reason: z.string().nullable(),
          /** A rollout that is under way for it and would lose it to this one. */
          takesFrom: z.uuid().nullable(),
        }),
      ),
    }),
  ),
  /** Freeze windows that hold some of the clusters now. */
  frozenBy: z.array(z.object({ id: z.uuid(), name: z.string(), until: z.string() })),
  /** Whether asking for it would be refused, and why. */
  refusal: z.string().nullable(),
})
export type RolloutPreview = z.infer<typeof rolloutPreviewSchema>

const entryCounts = z.record(z.enum(entryStates), z.number().int())

export const rolloutSchema = z.object({
  id: z.uuid(),
  profileId: z.uuid(),
  profileName: z.string(),
  specVersion,
  note: z.string(),
  /** Who asked for it. */
  actor: z.string(),
  state: z.enum(rolloutStates),
  /** One sentence: why it is in this state, what it waits for. */
  reason: z.string(),
  /** The stage that is under way, as an index; the last one when all are through. */
  stage: z.number().int(),
  /** The stage whose gate a person has to pass before anything else begins. */
  gate: z.number().int().nullable(),
  haltAfter: z.number().int(),
  onHalt: z.enum(onHalts),
  whenUnhealthy: z.enum(whenUnhealthies),
  ignoreFreeze: z.boolean(),
  changeWithinSeconds: z.number().int(),
  unhealthyForSeconds: z.number().int(),
  clusterCount: z.number().int(),
  /** How many clusters are in which state. */
  counts: entryCounts,
  stages: z.array(
    z.object({
      name: z.string(),
      share: shareSchema,
      maxParallel: z.number().int(),
      bakeSeconds: z.number().int(),
      gate: z.boolean(),
      /** Who passed the gate; null while nobody did. */
      gatePassedBy: z.string().nullable(),
      clusterCount: z.number().int(),
      counts: entryCounts,
    }),
  ),
  createdAt: timestamp,
  /** Since when it is in this state. */
  changedAt: timestamp,
  endedAt: timestamp.nullable(),
})
export type Rollout = z.infer<typeof rolloutSchema>

export const rolloutClusterSchema = z.object({
  clusterId: z.uuid(),
  name: z.string(),
  namespace: z.string(),
  satelliteId: z.uuid(),
  satelliteName: z.string(),
  stage: z.number().int(),
  state: z.enum(entryStates),
  /** One sentence; empty where the state says it all. */
  reason: z.string(),
  /** The version it was on before; null while it was not moved. */
  fromVersion: z.number().int().nullable(),
  strategy: z.enum(strategies).nullable(),
  /** The operation that moves it, or moved it last. */
  operationId: z.uuid().nullable(),
  changedAt: timestamp,
})
export type RolloutCluster = z.infer<typeof rolloutClusterSchema>

export const rolloutQuery = pageQuery.extend({
  profileId: z.uuid().optional(),
  clusterId: z.uuid().optional(),
  state: z.enum(rolloutStates).optional(),
})
export const rolloutClusterQuery = pageQuery.extend({
  state: z.enum(entryStates).optional(),
  stage: z.coerce.number().int().min(0).max(100).optional(),
})

export const passGateBody = z.strictObject({
  /** The stage whose gate is passed, as an index: another one than the sender saw is not passed. */
  stage: z.int().min(0).max(100),
})
export const whyBody = z.strictObject({ reason: z.string().max(500).default("") })
