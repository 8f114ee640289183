/** Databases of a cluster: what was asked for, and what its primary says of it. */
import * as z from "zod"
import { cidrProblem } from "#core/cluster/cidr.ts"
import { allowedCidrsMax, databaseNameProblem, roleNameProblem } from "#core/cluster/databases.ts"
import { idParams, pageOf, pageQuery, timestamp } from "#wire/rest/shapes.ts"
import { type Route, route } from "#wire/rest/route.ts"

/** `pending`: the primary has not confirmed it yet. `failed`: it tried, and tries again. */
export const databaseShownStates = ["pending", "applied", "failed", "dropping"] as const

export const databaseSchema = z.object({
  id: z.uuid(),
  clusterId: z.uuid(),
  name: z.string(),
  /** The role that owns it, and logs in to it. */
  owner: z.string(),
  /** From where it may be reached; none: from anywhere that the cluster's HBA rules allow. */
  allowedCidrs: z.array(z.string()),
  /** Sessions from elsewhere are ended, and not only refused anew. */
  endSessions: z.boolean(),
  state: z.enum(databaseShownStates),
  /** One sentence: why it is in this state. */
  reason: z.string(),
  /** When the primary first confirmed it as it is asked for now; null while it has not. */
  appliedAt: timestamp.nullable(),
  /** Sessions on the primary when it was last looked at. */
  sessions: z.number().int().nullable(),
  observedAt: timestamp.nullable(),
  /** Since when the owner has its password. */
  passwordSetAt: timestamp,
  createdAt: timestamp,
  version: z.number().int(),
})
export type ClusterDatabase = z.infer<typeof databaseSchema>

/** The password is in this answer and nowhere else, ever; null where it was given, or stays as it was. */
const withPasswordSchema = z.object({
  database: databaseSchema,
  password: z.string().nullable(),
})
export type DatabaseWithPassword = z.infer<typeof withPasswordSchema>

const named = (problemOf: (name: string) => string | undefined) =>
  z
    .string()
    .max(300)
    .superRefine((name, context) => {
      const problem = problemOf(name)
      if (problem !== undefined) context.addIssue({ code: "custom", message: problem })
    })

export const databaseName = named(databaseNameProblem)
export const roleName = named(roleNameProblem)

export const allowedCidrs = z
  .array(
    z
      .string()
      .max(100)
      .superRefine((cidr, context) => {
        const problem = cidrProblem(cidr)
        if (problem !== undefined) context.addIssue({ code: "custom", message: problem })
      }),
  )
  .max(allowedCidrsMax, `at most ${allowedCidrsMax} ranges; join some`)
  .refine((cidrs) => new Set(cidrs).size === cidrs.length, "a range is there twice")

/** Left out, one of 192 random bits is made. */
const password = z
  .string()
  .min(8, "at least 8 characters")
  .max(128, "at most 128 characters")
  .regex(
    /^[\u0020-\u007e]+$/,
    "printable ASCII letters only: drivers differ in how they prepare others",
  )
  .optional()

const version = z.int().min(1).max(2_147_483_647)

export const createDatabaseBody = z.strictObject({
  name: databaseName,
  /** Made with it, or a role that owns a database of the cluster already. */
  owner: roleName,
  password,
  allowedCidrs: allowedCidrs.default([]),
  endSessions: z.boolean().default(true),
})

export const editDatabaseBody = z.strictObject({
  /** As it was read: a change that somebody else made meanwhile is not overwritten. */
  version,
  owner: roleName.optional(),
  /** Of an owner that is new to the cluster. */
  password,
  allowedCidrs: allowedCidrs.optional(),
  endSessions: z.boolean().optional(),
})

export const rotatePasswordBody = z.strictObject({ version, password })

export const dropDatabaseBody = z.strictObject({
  version,
  /** The name of the database once more: all that is in it goes. */
  name: z.string().max(300),
  /** Its owner too, when that owns nothing else. */
  dropRole: z.boolean().default(false),
  /** Although sessions are connected to it. */
  endSessions: z.boolean().default(false),
})

const databaseParams = idParams.extend({ databaseId: z.uuid() })

export const databaseRoutes = {
  listDatabases: route({
    method: "GET",
    path: "/clusters/:id/databases",
    summary: "Databases of a cluster, by name",
    access: "viewer",
    params: idParams,
    query: pageQuery.extend({
      state: z.enum(databaseShownStates).optional(),
      search: z.string().max(100).optional(),
    }),
    status: 200,
    answer: pageOf(databaseSchema),
  }),
  createDatabase: route({
    method: "POST",
    path: "/clusters/:id/databases",
    summary: "Make a database and the role that owns it; a password that was made is shown once",
    access: "operator",
    params: idParams,
    body: createDatabaseBody,
    status: 201,
    answer: withPasswordSchema,
  }),
  getDatabase: route({
    method: "GET",
    path: "/clusters/:id/databases/:databaseId",
    summary: "One database of a cluster",
    access: "viewer",
    params: databaseParams,
    status: 200,
    answer: databaseSchema,
  }),
  editDatabase: route({
    method: "PATCH",
    path: "/clusters/:id/databases/:databaseId",
    summary: "Change the owner of a database, or from where it may be reached; no restart",
    access: "operator",
    params: databaseParams,
    body: editDatabaseBody,
    status: 200,
    answer: withPasswordSchema,
  }),
  rotateDatabasePassword: route({
    method: "POST",
    path: "/clusters/:id/databases/:databaseId/password",
    summary: "Give the owner of a database a new password; shown once",
    access: "operator",
    params: databaseParams,
    body: rotatePasswordBody,
    status: 200,
    answer: withPasswordSchema,
  }),
  dropDatabase: route({
    method: "POST",
    path: "/clusters/:id/databases/:databaseId/drop",
    summary: "Drop a database with all that is in it; happens when its primary hears of it",
    access: "operator",
    params: databaseParams,
    body: dropDatabaseBody,
    status: 202,
    answer: databaseSchema,
  }),
  listSecretKeys: route({
    method: "GET",
    path: "/secret-keys",
    summary: "The keys that stored secrets are sealed under, by id, and how many each still opens",
    access: "admin",
    status: 200,
    answer: z.object({
      keys: z.array(z.object({ id: z.string(), current: z.boolean(), uses: z.number().int() })),
    }),
  }),
} satisfies Record<string, Route>
