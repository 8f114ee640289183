/** Signing in, sessions, passwords and API tokens: what a person does about the own access. */
import * as z from "zod"
import { roles } from "#core/access/role.ts"
import { labelsSchema, oneLine, pageQuery, timestamp } from "#wire/rest/shapes.ts"

export const passwordSchema = z
  .string()
  .min(10, "at least 10 characters")
  .max(1000, "at most 1000 characters")

export const signInBody = z.strictObject({
  user: z.string().min(1).max(100),
  password: z.string().min(1).max(1000),
})

export const sessionSchema = z.object({
  /** Of the person, whose name may change. */
  personId: z.uuid(),
  user: z.string(),
  role: z.enum(roles),
  /** Selectors, of each of which a satellite must carry all labels to be seen; none is the whole fleet. */
  scope: z.array(labelsSchema),
  expiresAt: timestamp,
  /** Whether there is a password that can be changed here. */
  hasPassword: z.boolean(),
})
export type Session = z.infer<typeof sessionSchema>

/** How one can sign in, for the page that asks. */
export const signInOptionsSchema = z.object({
  /** The identity provider by the name that people know it by; null when there is none. */
  provider: z.object({ name: z.string(), signInUrl: z.string() }).nullable(),
})

export const changePasswordBody = z.strictObject({
  current: z.string().min(1).max(1000),
  password: passwordSchema,
})

export const openSessionSchema = z.object({
  id: z.uuid(),
  personId: z.uuid(),
  personName: z.string(),
  by: z.enum(["password", "provider"]),
  address: z.string().nullable(),
  userAgent: z.string().nullable(),
  createdAt: timestamp,
  lastUsedAt: timestamp,
  expiresAt: timestamp,
  /** Whether this very request came with it. */
  isThisOne: z.boolean(),
})
export type OpenSession = z.infer<typeof openSessionSchema>

/** Own ones, unless an admin asks for those of somebody else. */
export const ofPersonQuery = pageQuery.extend({ personId: z.uuid().optional() })

export const tokenSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  personId: z.uuid(),
  personName: z.string(),
  /** How it begins, to recognise it by; null for those made before it was kept. */
  prefix: z.string().nullable(),
  /** What it was made for. What it may is never more than its owner may. */
  role: z.enum(roles),
  scope: labelsSchema,
  createdAt: timestamp,
  expiresAt: timestamp.nullable(),
  /** To the minute. */
  lastUsedAt: timestamp.nullable(),
})
export type Token = z.infer<typeof tokenSchema>

export const createTokenBody = z.strictObject({
  name: oneLine,
  /** Absent: that of its owner. */
  role: z.enum(roles).optional(),
  /** Narrows what its owner may see; empty does not. */
  scope: labelsSchema.default({}),
  /** Days until it expires; null never. */
  expiresInDays: z.number().int().min(1).max(3650).nullable().default(null),
})
/** The token itself is in this answer and nowhere else, ever. */
export const createdTokenSchema = tokenSchema.extend({ token: z.string() })
