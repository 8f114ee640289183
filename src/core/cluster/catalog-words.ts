/** What PostgreSQL says that a parameter is for, and what it is where nobody sets it; for people who choose values. */
import { catalogWordsRead } from "#core/cluster/catalog-words-read.ts"
import type { PostgresMajor } from "#core/cluster/spec.ts"

export type ParameterWords = {
  /** As `pg_settings.category`, e.g. `Write-Ahead Log / Checkpoints`. */
  readonly category: string
  readonly about: string
  /** PostgreSQL's own default, in the words of postgresql.conf; may be empty. */
  readonly standard: string
}

type Row = Omit<ParameterWords, "standard"> & {
  readonly standards: ReadonlyMap<number, string>
  readonly newest: string
}

const rows: ReadonlyMap<string, Row> = new Map(
  catalogWordsRead
    .trim()
    .split("\n")
    .map((line) => {
      const [name = "", category = "", about = "", newest = "", ...otherwise] = line.split("\t")
      const standards = new Map(
        otherwise.map((one): [number, string] => {
          const [major = "", ...value] = one.split("=")
          return [Number(major), value.join("=")]
        }),
      )
      return [name, { category, about, newest, standards }]
    }),
)

/** Undefined for a parameter of an extension, of which only the extension knows. */
export function wordsOf(major: PostgresMajor, name: string): ParameterWords | undefined {
  const row = rows.get(name.toLowerCase())
  if (row === undefined) return undefined
  const { category, about, newest, standards } = row
  return { category, about, standard: standards.get(major) ?? newest }
}
