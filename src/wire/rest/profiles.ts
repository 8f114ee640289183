/** Profiles: the template of a cluster. And the rules that put clusters on matching satellites. */
import * as z from "zod"
import { databasesMax } from "#core/cluster/databases.ts"
import { matchEnds } from "#core/rollout/match-end.ts"
import { allowedCidrs, databaseName, roleName } from "#wire/rest/databases.ts"
import { dnsLabel, labelsSchema, timestamp } from "#wire/rest/shapes.ts"
import { ruleSetSchema } from "#wire/rule-set-schema.ts"

const cpuQuantity = z
  .string()
  .max(20)
  .regex(/^\d+(\.\d+)?m?$/, "a Kubernetes CPU quantity such as 500m or 2")
const memoryQuantity = z
  .string()
  .max(20)
  .regex(/^\d+(\.\d+)?(Ki|Mi|Gi|Ti|K|M|G|T)?$/, "a Kubernetes memory quantity such as 512Mi")

const volumeSchema = z.strictObject({
  sizeBytes: z
    .number()
    .int()
    .min(64 * 1024 * 1024, "at least 64 MiB")
    .max(64 * 1024 ** 4, "at most 64 TiB"),
  storageClass: dnsLabel(253).nullable().default(null),
  /** Storage tier, which each satellite maps to a StorageClass; absent or null where a class is named, or none. */
  tier: dnsLabel(63).nullish(),
})

const initialDatabase = z.strictObject({
  name: databaseName,
  owner: roleName,
  allowedCidrs: allowedCidrs.default([]),
  endSessions: z.boolean().default(true),
})
const areNamedOnce = (databases: readonly { readonly name: string }[]): boolean =>
  new Set(databases.map(({ name }) => name)).size === databases.length

export const profileSpecSchema = z.strictObject({
  members: z.number().int().min(1).max(9),
  postgres: z.strictObject({
    major: z.union([z.literal(15), z.literal(16), z.literal(17), z.literal(18)]),
    /** With a variant, absent or empty: what the catalogue has for it when the version is made. */
    image: z.string().max(400).regex(/^\S*$/, "an image reference without spaces").default(""),
    /** Of the catalogue of images; absent or null for an image of one's own. */
    variant: dnsLabel(40).nullish(),
    /** Pins a minor version of the variant; absent or null: its default. */
    minor: z
      .string()
      .regex(/^\d{2}\.\d{1,3}$/, "a minor version such as 17.2")
      .nullish(),
    /** As whom the server runs in an image of one's own; absent or null: 999. A variant has its own. */
    uid: z.int().min(1).max(65_535).nullish(),
  }),
  data: volumeSchema,
  wal: volumeSchema.nullable().default(null),
  resources: z
    .strictObject({
      cpuRequest: cpuQuantity.nullable().default(null),
      memoryRequest: memoryQuantity.nullable().default(null),
      cpuLimit: cpuQuantity.nullable().default(null),
      memoryLimit: memoryQuantity.nullable().default(null),
    })
    .prefault({}),
  parameters: z.record(z.string().max(63), z.string().max(4000)).default({}),
  hba: z.array(z.string().min(1).max(1000)).max(200).default([]),
  failover: z
    .strictObject({
      preset: z.enum(["fast", "edge", "calm"]).default("edge"),
      durability: z.enum(["async", "preferred", "quorum"]).default("preferred"),
      /** How far behind the last known position of the primary a candidate may be; absent or null: any. */
      maxLagBytes: z.number().int().min(0).nullish(),
      /** What happens when even the best is further behind; absent: take-best. */
      onExcessLag: z.enum(["take-best", "ask"]).optional(),
      /** Seconds that a better one is waited for first; absent: 10. */
      lagWaitSeconds: z.number().int().min(0).max(3600).optional(),
      /** By ordinal; 1 where nothing is said, higher goes first among equals, 0 is never a candidate. */
      priorities: z.array(z.number().int().min(0).max(100)).max(9).optional(),
    })
    .prefault({}),
  /** What each cluster gets once, with a password that nobody knows before it is made anew; then they are the cluster's own. */
  databases: z
    .array(initialDatabase)
    .max(databasesMax)
    .refine(areNamedOnce, "two have one name")
    .optional(),
  /** What to do when a member's log says something; absent or null: the rules that are built in. */
  recovery: ruleSetSchema.nullish(),
  /** Instead of rules of its own: a set that is kept apart, and is in force here as it is there. */
  recoveryRuleSetId: z.uuid().nullish(),
})
export type ProfileSpecBody = z.infer<typeof profileSpecSchema>

export const profileSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  description: z.string(),
  spec: profileSpecSchema,
  /** Which version of the spec this is: 1 when the profile was made. */
  specVersion: z.number().int(),
  clusterCount: z.number().int(),
  /** What the catalogue has for its variant now, where that is another image; absent where it is not. */
  newerImage: z.object({ minor: z.string(), image: z.string() }).optional(),
  createdAt: timestamp,
  updatedAt: timestamp,
  version: z.number().int(),
})
export type Profile = z.infer<typeof profileSchema>

export const createProfileBody = z.strictObject({
  name: dnsLabel(63),
  description: z.string().max(1000).default(""),
  spec: profileSpecSchema,
})

export const ruleSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  profileId: z.uuid(),
  profileName: z.string(),
  /** Every one of these labels must be on the satellite; none means every approved satellite. */
  selector: z.record(z.string(), z.string()),
  clusterName: z.string(),
  namespace: z.string(),
  /** What becomes of its cluster where it does not match any more. */
  onMatchEnd: z.enum(matchEnds),
  clusterCount: z.number().int(),
  createdAt: timestamp,
  version: z.number().int(),
})
export type Rule = z.infer<typeof ruleSchema>

export const createRuleBody = z.strictObject({
  name: dnsLabel(63),
  profileId: z.uuid(),
  selector: labelsSchema,
  clusterName: dnsLabel(40),
  namespace: dnsLabel(63).refine(
    (name) => !name.startsWith("kube-"),
    "namespaces of Kubernetes itself are not for databases",
  ),
  onMatchEnd: z.enum(matchEnds).default("keep"),
})
