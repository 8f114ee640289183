/**
 * What the audit keeps of each resource: the fields named here and no other. Name a secret here only as a
 * `secretField`: then it is kept that it changed, and not what it is.
 */
import * as z from "zod"
import { Hidden, secretField } from "./redact.ts"

const labels = z.record(z.string(), z.string())

/** PostgreSQL's own parameters hold no secret; those of an extension may. */
const parameters = z
  .record(z.string(), z.unknown())
  .transform((given) =>
    Object.fromEntries(
      Object.entries(given).map(([name, value]) => [
        name,
        name.includes(".") ? new Hidden(value) : value,
      ]),
    ),
  )

export const auditShapes = {
  cluster: z.object({
    namespace: z.string(),
    name: z.string(),
    satellite: z.string(),
    profileId: z.string(),
    rule: z.string(),
    specVersion: z.number(),
    paused: z.boolean(),
    deleting: z.boolean(),
    deletionProtected: z.boolean(),
    logLevel: z.string(),
    log: z.string(),
  }),
  database: z.object({
    cluster: z.string(),
    name: z.string(),
    owner: z.string(),
    allowedCidrs: z.array(z.string()),
    endSessions: z.boolean(),
    dropping: z.boolean(),
    dropRole: z.boolean(),
    password: secretField,
  }),
  "fleet-setting": z.object({ imageMirror: z.string().nullable() }),
  image: z.object({
    variant: z.string(),
    minor: z.string(),
    reference: z.string(),
    notes: z.string(),
    isDefault: z.boolean(),
  }),
  "image-variant": z.object({ name: z.string(), description: z.string(), uid: z.number() }),
  operation: z.object({
    kind: z.string(),
    cluster: z.string(),
    target: z.string().nullable(),
    state: z.string(),
  }),
  parameter: z.object({ order: z.string(), note: z.string() }),
  person: z.object({
    name: z.string(),
    role: z.string(),
    scope: labels,
    disabled: z.boolean(),
    email: z.string().nullable(),
    provider: z.string().nullable(),
    password: secretField,
  }),
  profile: z.object({
    name: z.string(),
    description: z.string(),
    specVersion: z.number(),
    spec: z.looseObject({ parameters: parameters.optional() }),
  }),
  rollout: z.object({
    profileId: z.string(),
    specVersion: z.number(),
    note: z.string(),
    state: z.string(),
    plan: z.looseObject({}),
    clusters: z.array(z.string()),
  }),
  "freeze-window": z.object({ name: z.string(), selector: labels, time: z.looseObject({}) }),
  "recovery-rule-set": z.object({
    name: z.string(),
    description: z.string(),
    set: z.looseObject({ allowExec: z.boolean() }),
  }),
  rule: z.object({
    name: z.string(),
    profileId: z.string(),
    selector: labels,
    clusterName: z.string(),
    namespace: z.string(),
    onMatchEnd: z.string(),
  }),
  satellite: z.object({
    name: z.string(),
    labels,
    approval: z.string(),
    identity: z.string(),
    tiers: labels,
    imageMirror: z.string(),
    logLevel: z.string(),
    log: z.string(),
  }),
  session: z.object({ person: z.string(), by: z.string() }),
  "storage-tier": z.object({ name: z.string(), description: z.string() }),
  token: z.object({
    name: z.string(),
    owner: z.string(),
    role: z.string(),
    scope: labels,
    expiresAt: z.string().nullable(),
  }),
} satisfies Record<string, z.ZodObject>

export type AuditResource = keyof typeof auditShapes

/** What may be handed in for a resource; fields that are not named here are taken and not kept. */
export type AuditFields<R extends AuditResource> = Partial<z.input<(typeof auditShapes)[R]>>
