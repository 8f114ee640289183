/** Role and scope, of a person or of a token. An admin has no scope. */
import { useState } from "react"
import type { Role } from "#core/access/role.ts"
import { useKnownLabels } from "../components/use-known-labels.ts"
import { roleChoices } from "../domain/roles.ts"
import { Select } from "../ui/select.tsx"
import { type ReadLabels, readLabels, rowsOf, type LabelRow } from "./label-rows.ts"
import { LabelsField } from "./labels-field.tsx"

export type Standing = {
  readonly role: Role
  readonly setRole: (role: Role) => void
  readonly rows: readonly LabelRow[]
  readonly setRows: (rows: readonly LabelRow[]) => void
  readonly read: ReadLabels
}

export function useStanding(began: Role, scope: Readonly<Record<string, string>> = {}): Standing {
  const [role, setRole] = useState<Role>(began)
  const [rows, setRows] = useState(rowsOf(scope))
  return { role, setRole, rows, setRows, read: readLabels(role === "admin" ? [] : rows) }
}

type Props = {
  readonly standing: Standing
  readonly tried: boolean
  readonly roles?: readonly Role[]
  readonly help: string
}

const none = new Map<number, string>()

export function StandingFields({ standing, tried, roles, help }: Props) {
  const { role, setRole, rows, setRows, read } = standing
  const known = useKnownLabels()
  return (
    <>
      <Select
        label="Role"
        choices={roleChoices.filter(({ value }) => roles === undefined || roles.includes(value))}
        value={role}
        onChange={setRole}
      />
      {role === "admin" ? (
        <p className="text-xs text-ink-3">An admin decides about everybody and has no scope.</p>
      ) : (
        <LabelsField
          legend="Scope"
          help={help}
          rows={rows}
          onChange={setRows}
          problems={tried && read.kind === "bad" ? read.problems : none}
          known={known}
        />
      )}
    </>
  )
}
