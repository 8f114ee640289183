/**
 * `databases.json` in the Secret of a cluster: what the satellite tells the sidecars of databases. Mounted as a
 * file, so that it is there without the satellite and without the API.
 */
import * as z from "zod"
import {
  type Databases,
  allowedCidrsMax,
  databasesMax,
  noDatabases,
  verifierShape,
} from "#core/cluster/databases.ts"
import type { Parsed } from "#core/parsed.ts"

const name = z.string().min(1).max(63)
const revision = z.number().int().min(1)

const schema = z.object({
  roles: z
    .array(z.object({ name, revision, verifier: z.string().regex(verifierShape).optional() }))
    .max(databasesMax),
  databases: z
    .array(
      z.object({
        name,
        owner: name,
        revision,
        allowedCidrs: z.array(z.string().max(50)).max(allowedCidrsMax),
        endSessions: z.boolean(),
        dropping: z.object({ role: z.boolean() }).optional(),
      }),
    )
    .max(databasesMax),
})

/** The same databases are the same text. */
export const writeDatabases = ({ roles, databases }: Databases): string =>
  `${JSON.stringify(schema.parse({ roles, databases }), undefined, 1)}\n`

/** No text is no databases. What is wrong is told without the text, which holds secrets. */
export function parseDatabases(text: string | undefined): Parsed<Databases> {
  if (text === undefined || text === "") return { kind: "ok", value: noDatabases }
  const read = schema.safeParse(json(text))
  if (!read.success)
    return {
      kind: "bad",
      problems: read.error.issues.map(({ path, message }) => ({
        field: path.map(String).join("."),
        problem: message,
      })),
    }
  const { roles, databases } = read.data
  return {
    kind: "ok",
    value: {
      roles: roles.map((role) => ({ ...role, verifier: role.verifier })),
      databases: databases.map((database) => ({ ...database, dropping: database.dropping })),
    },
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
