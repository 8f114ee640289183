/** Signing in, the session, and API tokens for programs. */
import * as z from "zod"
import { roles } from "#core/access/role.ts"
import { labelsSchema, timestamp } from "#wire/rest/shapes.ts"

export const signInBody = z.strictObject({
  user: z.string().min(1).max(100),
  password: z.string().min(1).max(1000),
})
export const sessionSchema = z.object({
  user: z.string(),
  role: z.enum(roles),
  /** Selectors, of each of which a satellite must carry all labels to be seen; none is the whole fleet. */
  scope: z.array(labelsSchema),
  expiresAt: timestamp,
})
export type Session = z.infer<typeof sessionSchema>

export const tokenSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  createdAt: timestamp,
  expiresAt: timestamp.nullable(),
  lastUsedAt: timestamp.nullable(),
})
export const createTokenBody = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(100)
    .regex(/^\S(.*\S)?$/, "one line that neither begins nor ends with a space"),
  /** Days until it expires; null never. */
  expiresInDays: z.number().int().min(1).max(3650).nullable().default(null),
})
/** The token itself is in this answer and nowhere else, ever. */
export const createdTokenSchema = tokenSchema.extend({ token: z.string() })
