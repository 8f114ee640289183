/** Operations: what a person asked to be done to a cluster, with its steps as they happen. */
import * as z from "zod"
import { operationStates, stepStates, switchoverSteps } from "#core/switchover/operation.ts"
import { dnsLabel, pageQuery, timestamp } from "#wire/rest/shapes.ts"

export const operationStepSchema = z.object({
  name: z.enum(switchoverSteps),
  state: z.enum(stepStates),
  /** By the clock of the site. */
  startedAt: timestamp.nullable(),
  endedAt: timestamp.nullable(),
  /** One sentence; empty while there is nothing to say. */
  detail: z.string(),
})
export type OperationStep = z.infer<typeof operationStepSchema>

export const operationSchema = z.object({
  id: z.uuid(),
  kind: z.enum(["switchover"]),
  clusterId: z.uuid(),
  satelliteId: z.uuid(),
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

export const operationQuery = pageQuery.extend({
  cluster: z.uuid().optional(),
  state: z.enum(operationStates).optional(),
})
