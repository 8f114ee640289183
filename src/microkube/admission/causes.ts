/** The reasons of a refusal, in the words of a real server. */
import type { Cause } from "../api-error.ts"
import type { Json } from "../json.ts"

export const bad = (field: string, value: Json | undefined, why: string): Cause => ({
  reason: "FieldValueInvalid",
  message: `Invalid value: ${JSON.stringify(value ?? null)}: ${why}`,
  field,
})
export const required = (field: string, why = ""): Cause => ({
  reason: "FieldValueRequired",
  message: `Required value${why === "" ? "" : `: ${why}`}`,
  field,
})
export const forbiddenField = (field: string, why: string): Cause => ({
  reason: "FieldValueForbidden",
  message: `Forbidden: ${why}`,
  field,
})
