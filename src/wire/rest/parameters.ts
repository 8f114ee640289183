/** The table of PostgreSQL's parameters: what they take, and what a change of them asks of a cluster. */
import * as z from "zod"
import { postgresMajors } from "#core/cluster/spec.ts"
import { parameterOrders } from "#core/rollout/impact.ts"
import { pageQuery, timestamp } from "#wire/rest/shapes.ts"

export const parameterSchema = z.object({
  name: z.string(),
  /** PostgreSQL's own grouping, what it is for, and its default; null for an extension's. */
  category: z.string().nullable(),
  about: z.string().nullable(),
  standard: z.string().nullable(),
  /** `unknown`: an extension's, which alone knows it. */
  type: z.enum(["bool", "string", "enum", "integer", "real", "unknown"]),
  /** What a number without a unit counts, e.g. `8kB`; null for plain numbers. */
  unit: z.string().nullable(),
  least: z.number().nullable(),
  most: z.number().nullable(),
  /** Of an enum. */
  words: z.array(z.string()),
  inForce: z.enum(["reload", "new-connections", "restart", "unknown"]),
  /** What is done to a cluster when it changes. */
  order: z.enum(parameterOrders),
  /** Who decided that, where people did. */
  ordered: z.object({ actor: z.string(), note: z.string(), at: timestamp }).nullable(),
  /** Of what people decided; 0 where they did not. Send it back with a change. */
  version: z.number().int(),
})
export type ShownParameter = z.infer<typeof parameterSchema>

export const parameterQuery = pageQuery.extend({
  major: z
    .enum(postgresMajors.map(String))
    .default("17")
    .transform((text) => postgresMajors.find((major) => String(major) === text) ?? 17),
  search: z.string().max(63).optional(),
})

export const parameterParams = z.object({
  name: z
    .string()
    .max(127)
    .regex(
      /^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)?$/,
      "the name of a parameter: letters, digits and '_', an extension's with a dot",
    ),
})

export const orderParameterBody = z.strictObject({
  /** For clusters of this major version. */
  major: z.union([z.literal(15), z.literal(16), z.literal(17), z.literal(18)]),
  version: z.int().min(0).max(2_147_483_647),
  /** Null: as the catalog says. */
  order: z.enum(parameterOrders).nullable(),
  note: z.string().max(1000).default(""),
})
