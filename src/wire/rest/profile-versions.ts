/** The versions of a profile: their history, what differs, and what a version would mean for clusters. */
import * as z from "zod"
import { effects, strategies } from "#core/rollout/impact.ts"
import { passOrders } from "#core/rollout/passes.ts"
import { profileSpecSchema } from "#wire/rest/profiles.ts"
import { dnsLabel, timestamp } from "#wire/rest/shapes.ts"
import { recoveryRuleSchema } from "#wire/rule-set-schema.ts"

const specVersion = z.int().min(1).max(2_147_483_647)
const note = z.string().max(1000)
/** From a path or a query, where everything is text. */
const specVersionText = z.coerce.number().int().min(1).max(2_147_483_647)

export const versionParams = z.object({ id: z.uuid(), specVersion: specVersionText })

export const warningSchema = z.object({ field: z.string(), problem: z.string() })

export const profileVersionSchema = z.object({
  specVersion,
  /** Who made it, and what they said about it. */
  actor: z.string(),
  note: z.string(),
  createdAt: timestamp,
  /** How many clusters are on this version. */
  clusterCount: z.number().int(),
  isNewest: z.boolean(),
})
export type ProfileVersion = z.infer<typeof profileVersionSchema>

export const wholeProfileVersionSchema = profileVersionSchema.extend({
  spec: profileSpecSchema,
  /** What works and is unlikely to be meant. */
  warnings: z.array(warningSchema),
})
export type WholeProfileVersion = z.infer<typeof wholeProfileVersionSchema>

export const editProfileBody = z.strictObject({
  /** As it was read: a change that somebody else made meanwhile is not overwritten. */
  version: z.int(),
  name: dnsLabel(63).optional(),
  description: z.string().max(1000).optional(),
  /** The whole spec; one that differs becomes a new version, and no cluster moves by itself. */
  spec: profileSpecSchema.optional(),
  note: note.optional(),
})

export const revertProfileBody = z.strictObject({
  version: z.int(),
  /** The version whose spec becomes the newest one. */
  to: specVersion,
  note: note.optional(),
})

export const cloneProfileBody = z.strictObject({
  name: dnsLabel(63),
  description: z.string().max(1000).optional(),
  /** Absent: the newest. */
  specVersion: specVersion.optional(),
})

export const checkProfileBody = z.strictObject({ spec: profileSpecSchema })
export const checkedProfileSchema = z.object({ warnings: z.array(warningSchema) })

const valueSchema = z
  .union([
    z.string(),
    z.number(),
    z.boolean(),
    z.array(z.union([z.string(), z.number()])),
    recoveryRuleSchema,
  ])
  .nullable()

export const changeSchema = z.object({
  /** As the spec writes it, e.g. `data.sizeBytes` or `parameters.work_mem`. */
  field: z.string(),
  /** Null where it was not there, or is not any more. */
  from: valueSchema,
  to: valueSchema,
  effect: z.enum(effects),
  /** `derived`: a parameter that pg-swarm sets by what the profile says elsewhere. */
  cause: z.enum(["profile", "derived"]),
  why: z.string().nullable(),
})
export type ShownChange = z.infer<typeof changeSchema>

export const impactSchema = z.object({
  strategy: z.enum(strategies),
  summary: z.string(),
  scale: z.object({ from: z.number().int(), to: z.number().int() }).nullable(),
  /** Rounds of restarts, in their order, each with the parameters that are new in it. */
  passes: z.array(z.object({ order: z.enum(passOrders), parameters: z.array(z.string()) })),
  changes: z.array(changeSchema),
})
export type ShownImpact = z.infer<typeof impactSchema>

export const diffQuery = z.object({
  /** Absent: the version before `to`. */
  from: specVersionText.optional(),
  /** Absent: the newest. */
  to: specVersionText.optional(),
})
export const profileDiffSchema = z.object({
  from: specVersion,
  to: specVersion,
  changes: z.array(changeSchema),
})

export const cascadeQuery = z.object({ to: specVersionText.optional() })
export const cascadeSchema = z.object({
  to: specVersion,
  /** Every version that some cluster is on, newest first, and what `to` would mean for those. */
  versions: z.array(
    profileVersionSchema.extend({
      /** Of its clusters, those whose site is not connected now. */
      awayCount: z.number().int(),
      strategy: z.enum(strategies),
      summary: z.string(),
    }),
  ),
  /** Rules that make clusters of the newest version. */
  rules: z.array(z.object({ id: z.uuid(), name: z.string(), clusterCount: z.number().int() })),
})

/** How many clusters one request may name, and one group of an answer lists. */
export const impactClustersMax = 1000

export const impactBody = z.strictObject({
  /** Absent: every cluster of the profile. */
  clusterIds: z.array(z.uuid()).min(1).max(impactClustersMax).optional(),
})

export const impactAnswerSchema = z.object({
  specVersion,
  clusterCount: z.number().int(),
  /** Those whose site is not connected: they would owe the change. */
  awayCount: z.number().int(),
  warnings: z.array(warningSchema),
  /** Clusters on the same version are changed alike. */
  groups: z.array(
    z.object({
      fromVersion: specVersion,
      impact: impactSchema,
      clusterCount: z.number().int(),
      awayCount: z.number().int(),
      /** The first of them by name. */
      clusters: z.array(
        z.object({
          id: z.uuid(),
          name: z.string(),
          namespace: z.string(),
          satelliteId: z.uuid(),
          satelliteName: z.string(),
          isAway: z.boolean(),
        }),
      ),
    }),
  ),
})
export type ImpactAnswer = z.infer<typeof impactAnswerSchema>
