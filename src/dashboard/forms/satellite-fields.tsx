/** Name and labels of a satellite, shared by approving and editing. */
import { useState } from "react"
import type { Satellite } from "#wire/rest/satellites.ts"
import { TextField } from "../ui/field.tsx"
import { LabelsField } from "./labels-field.tsx"
import { type LabelRow, type RowProblems, readLabels, rowsOf } from "./label-rows.ts"

type Value = { readonly name: string; readonly labels: Record<string, string> }
type Read =
  | { readonly kind: "ok"; readonly value: Value }
  | { readonly kind: "bad"; readonly name: string | undefined; readonly labels: RowProblems }

export type Fields = {
  readonly name: string
  readonly setName: (name: string) => void
  readonly rows: readonly LabelRow[]
  readonly setRows: (rows: readonly LabelRow[]) => void
  readonly read: Read
}

const none: RowProblems = new Map()

/** What is typed, begun from what the satellite has; it stays when the satellite changes meanwhile. */
export function useSatelliteFields(satellite: Satellite): Fields {
  const [name, setName] = useState(satellite.name)
  const [rows, setRows] = useState(() => rowsOf(satellite.labels))
  return { name, setName, rows, setRows, read: readFields(name, rows) }
}

function readFields(name: string, rows: readonly LabelRow[]): Read {
  const trimmed = name.trim()
  const nameProblem =
    trimmed === "" ? "Give it a name" : trimmed.length > 63 ? "At most 63 characters" : undefined
  const labels = readLabels(rows)
  return labels.kind === "ok" && nameProblem === undefined
    ? { kind: "ok", value: { name: trimmed, labels: { ...labels.labels } } }
    : { kind: "bad", name: nameProblem, labels: labels.kind === "bad" ? labels.problems : none }
}

export function SatelliteFields({
  fields,
  tried,
}: {
  readonly fields: Fields
  readonly tried: boolean
}) {
  const bad = tried && fields.read.kind === "bad" ? fields.read : undefined
  return (
    <>
      <TextField
        label="Name"
        value={fields.name}
        onChange={fields.setName}
        error={bad?.name}
        help="Unique in the fleet"
        autoFocus
      />
      <LabelsField
        legend="Labels"
        help="Deployment rules choose satellites by these."
        rows={fields.rows}
        onChange={fields.setRows}
        problems={bad?.labels ?? none}
      />
    </>
  )
}
