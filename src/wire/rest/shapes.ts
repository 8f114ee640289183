/** Shapes that every resource of the REST API shares. */
import * as z from "zod"

/** RFC 9457 problem document: the answer of every refused request. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string().optional(),
  /** Stable word for programs, e.g. `VERSION_CONFLICT`. */
  code: z.string(),
  requestId: z.string(),
  /** Every field that is wrong, not only the first. */
  problems: z.array(z.object({ field: z.string(), problem: z.string() })).optional(),
})
export type Problem = z.infer<typeof problemSchema>

export const timestamp = z.iso.datetime({ offset: true })

export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })

export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional(),
})

export const idParams = z.object({ id: z.uuid() })

/** Clusters that may be deleted, with their data, by this request: each is named by its id. */
export const confirmedDeletes = z.array(z.uuid()).max(5000).optional()

const labelKey = z
  .string()
  .max(63)
  .regex(
    /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/,
    "letters, digits, '-', '_' and '.', beginning and ending with a letter or digit",
  )
const labelValue = z
  .string()
  .max(63)
  .regex(
    /^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$/,
    "letters, digits, '-', '_' and '.', beginning and ending with a letter or digit",
  )
export const labelsSchema = z
  .record(labelKey, labelValue)
  .refine((labels) => Object.keys(labels).length <= 32, "at most 32 labels")

/** `zone=north,tier=edge`: what has all of these labels, in the words of `kubectl -l`. */
export const labelsQuery = z
  .string()
  .max(1000)
  .regex(/^[^=,]+=[^=,]*(,[^=,]+=[^=,]*)*$/, "key=value, several of them with commas between")
  .transform((text) => Object.fromEntries(text.split(",").map((one) => one.trim().split("="))))
  .pipe(labelsSchema)

/** A DNS label (RFC 1123), as Kubernetes wants names. */
export const dnsLabel = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(
      /^[a-z]([a-z0-9-]*[a-z0-9])?$/,
      "lower-case letters, digits and '-', beginning with a letter and ending with a letter or digit",
    )

/** One line without blanks at its ends: what people call something. */
export const oneLine = z
  .string()
  .min(1)
  .max(100)
  .regex(/^\S(.*\S)?$/, "one line that neither begins nor ends with a space")
