/**
 * The config that a server of this member did not start with, and what PostgreSQL said, on the data volume: a sidecar
 * that restarts, or a new pod, does not try it again.
 */
import * as z from "zod"
import { fingerprint } from "#core/manifests/object.ts"
import { readMark, removeMark, writeMark } from "#io/postgres/data-directory.ts"
import type { ServerText } from "./server-files.ts"

const mark = "refused-config"
const problemMax = 300

const schema = z.object({
  /** Of the server's two files. */
  print: z.string().max(64),
  /** Of the image and the resources that it was tried with; absent where they were not known. */
  serverPrint: z.string().max(64).optional(),
  /** As in `Trial`. */
  kind: z.enum(["back", "guilty", "stranded"]),
  times: z.number().int().min(0).max(1_000_000),
  problem: z.string().max(problemMax).optional(),
})

export type RefusedConfig = Readonly<z.infer<typeof schema>>

export const textPrint = ({ conf, hba }: ServerText): string => fingerprint([conf, hba])

/** What cannot be read is as good as none: it is tried once more. */
export async function readRefused(dataDir: string): Promise<RefusedConfig | undefined> {
  const text = await readMark(dataDir, mark)
  if (text === undefined) return undefined
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

export const writeRefused = (dataDir: string, refused: RefusedConfig): Promise<void> =>
  writeMark(dataDir, mark, JSON.stringify(schema.parse(refused)))

export const forgetRefused = (dataDir: string): Promise<void> => removeMark(dataDir, mark)
