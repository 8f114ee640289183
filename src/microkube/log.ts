/** Events of this program, one line of JSON each, on standard error. */
import type { JsonObject } from "./json.ts"

export type Log = (event: string, fields: JsonObject) => void

export const log: Log = (event, fields) => {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...fields })}\n`)
}
