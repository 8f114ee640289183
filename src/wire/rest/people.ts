/** People: who may sign in, what they may do, and on which part of the fleet. */
import * as z from "zod"
import { roles } from "#core/access/role.ts"
import { passwordSchema } from "#wire/rest/access.ts"
import { labelsSchema, oneLine, pageQuery, timestamp } from "#wire/rest/shapes.ts"

export const personSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  email: z.string().nullable(),
  role: z.enum(roles),
  /** Labels that a satellite must have to be seen; empty is the whole fleet. */
  scope: labelsSchema,
  disabled: z.boolean(),
  hasPassword: z.boolean(),
  /** The issuer of the identity provider that this person signed in through; null for none. */
  provider: z.string().nullable(),
  createdAt: timestamp,
  signedInAt: timestamp.nullable(),
  sessionCount: z.number().int(),
  tokenCount: z.number().int(),
  version: z.number().int(),
})
export type Person = z.infer<typeof personSchema>

const email = z.email().max(200)

export const personQuery = pageQuery.extend({
  search: z.string().max(100).optional(),
  role: z.enum(roles).optional(),
})

export const createPersonBody = z.strictObject({
  name: oneLine,
  email: email.optional(),
  role: z.enum(roles),
  scope: labelsSchema.default({}),
  /** Absent: one is made up, and shown once. */
  password: passwordSchema.optional(),
})

/** `password` is the one that was made up, in this answer and nowhere else; null where it was given. */
export const createdPersonSchema = personSchema.extend({ password: z.string().nullable() })

export const editPersonBody = z.strictObject({
  /** The version that was read; another one is refused. */
  version: z.number().int().min(1),
  email: email.nullable().optional(),
  role: z.enum(roles).optional(),
  scope: labelsSchema.optional(),
  disabled: z.boolean().optional(),
})

export const resetPasswordBody = z.strictObject({
  /** Absent: one is made up, and shown once. */
  password: passwordSchema.optional(),
})
export const resetPasswordSchema = z.object({ password: z.string().nullable() })
