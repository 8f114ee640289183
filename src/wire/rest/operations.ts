/** Operations: what a person asked to be done to a cluster, with its steps as they happen. */
import * as z from "zod"
import { askedKinds, operationStates, stepStates } from "#core/switchover/operation.ts"
import { dnsLabel, pageQuery, timestamp } from "#wire/rest/shapes.ts"

export const operationStepSchema = z.object({
  /**
   * Of what one site is asked: as in `stepsOf`. Of a deletion: as in `deletionSteps`. Of a change: what is done, and
   * to which pod.
   */
  name: z.string(),
  state: z.enum(stepStates),
  /** By the clock of the site. */
  startedAt: timestamp.nullable(),
  endedAt: timestamp.nullable(),
  /** One sentence; empty while there is nothing to say. */
  detail: z.string(),
})
export type OperationStep = z.infer<typeof operationStepSchema>

/**
 * `change`: the cluster goes to another version of its profile. `restart`: every member starts anew. `delete`: the
 * cluster goes, with its data.
 */
export const operationKinds = [...askedKinds, "change", "restart", "delete"] as const

export const operationSchema = z.object({
  id: z.uuid(),
  kind: z.enum(operationKinds),
  clusterId: z.uuid(),
  /** As the cluster is called, or was when it was still there. */
  clusterName: z.string(),
  namespace: z.string(),
  satelliteId: z.uuid(),
  /** Of a change: the rollout that it is part of, and between which versions of the profile it goes. */
  rolloutId: z.uuid().nullable(),
  fromVersion: z.number().int().nullable(),
  toVersion: z.number().int().nullable(),
  /** Who asked for it. */
  actor: z.string(),
  state: z.enum(operationStates),
  /** The pod that shall become primary; null while the best one is still to be chosen. */
  target: z.string().nullable(),
  /** Every step, in order, also those that have not begun. */
  steps: z.array(operationStepSchema),
  /** Since when it can not be cancelled any more; null while it can. */
  pointOfNoReturnAt: timestamp.nullable(),
  /** Why it failed, in one sentence. */
  error: z.string().nullable(),
  createdAt: timestamp,
  startedAt: timestamp.nullable(),
  endedAt: timestamp.nullable(),
})
export type Operation = z.infer<typeof operationSchema>

export const switchoverBody = z.strictObject({
  /** The pod that shall become primary; left out, the best candidate is taken. */
  to: dnsLabel(63).optional(),
})

export const fenceBody = z.strictObject({
  /** One sentence: clients' administrators read it in the cluster's state and events. */
  reason: z.string().trim().min(1).max(300),
})

export const promoteBody = z.strictObject({
  /** The pod that may become primary in the vacancy that there is now. */
  to: dnsLabel(63),
  /** Also where acknowledged commits may be lost by it. */
  acceptLoss: z.boolean().default(false),
  /** The cluster's name, letter for letter: asked for where a loss is accepted. */
  confirm: z.string().max(63).optional(),
})

export const operationQuery = pageQuery.extend({
  cluster: z.uuid().optional(),
  rollout: z.uuid().optional(),
  kind: z.enum(operationKinds).optional(),
  state: z.enum(operationStates).optional(),
  actor: z.string().max(200).optional(),
})

export const restartBody = z.strictObject({
  /** One after another, the primary by a hand-over; or all together, with the primary in its place. */
  mode: z.enum(["sequential", "full"]).default("sequential"),
})
