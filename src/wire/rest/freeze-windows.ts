/** Freeze windows: times in which rollouts move nothing on some satellites. */
import * as z from "zod"
import { weekdays } from "#core/rollout/freeze.ts"
import { labelsSchema, oneLine, timestamp } from "#wire/rest/shapes.ts"

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time of day, e.g. 22:00")

const isZone = (name: string): boolean => {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).format(0) !== ""
  } catch {
    return false
  }
}

export const freezeTimeSchema = z.discriminatedUnion("kind", [
  /** Every week; `until` at or before `from` is on the next day. */
  z.strictObject({
    kind: z.literal("weekly"),
    days: z.array(z.enum(weekdays)).min(1).max(7),
    from: timeOfDay,
    until: timeOfDay,
    timeZone: z
      .string()
      .max(64)
      .refine(isZone, "is not a time zone; use a name like Europe/Berlin, or UTC")
      .default("UTC"),
  }),
  z
    .strictObject({ kind: z.literal("once"), from: timestamp, until: timestamp })
    .refine(({ from, until }) => Date.parse(from) < Date.parse(until), {
      path: ["until"],
      message: "must be after from",
    }),
])

const name = oneLine.max(63)

export const createFreezeWindowBody = z.strictObject({
  name,
  /** Satellites with all of these labels; none means every satellite. */
  selector: labelsSchema.default({}),
  time: freezeTimeSchema,
})
export const editFreezeWindowBody = z.strictObject({
  /** As it was read: a change that somebody else made meanwhile is not overwritten. */
  version: z.int(),
  name: name.optional(),
  selector: labelsSchema.optional(),
  time: freezeTimeSchema.optional(),
})

export const freezeWindowSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  selector: z.record(z.string(), z.string()),
  time: freezeTimeSchema,
  /** Whether it holds now. */
  isActive: z.boolean(),
  createdAt: timestamp,
  version: z.number().int(),
})
export type FreezeWindow = z.infer<typeof freezeWindowSchema>
