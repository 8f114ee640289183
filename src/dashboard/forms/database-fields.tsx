/** What is asked about a database: who owns it, and from where it may be reached. */
import type { DatabaseValues, Mistakes } from "../domain/databases.ts"
import { Checkbox } from "../ui/checkbox.tsx"
import { TextField } from "../ui/field.tsx"

type Props = {
  readonly values: DatabaseValues
  readonly mistakes: Mistakes
  readonly onChange: (values: DatabaseValues) => void
  /** A database keeps its name. */
  readonly isNew: boolean
  /** Only an owner that is new to the database has a password to be given here. */
  readonly asksPassword: boolean
}

export function DatabaseFields({ values, mistakes, onChange, isNew, asksPassword }: Props) {
  const set = (change: Partial<DatabaseValues>): void => onChange({ ...values, ...change })
  return (
    <>
      {isNew ? (
        <TextField
          label="Name"
          value={values.name}
          onChange={(name) => set({ name })}
          error={mistakes.name}
          mono
          autoFocus
        />
      ) : null}
      <TextField
        label="Owner"
        value={values.owner}
        onChange={(owner) => set({ owner })}
        error={mistakes.owner}
        mono
        help="The role that logs in. It is made, unless it owns a database of this cluster already."
      />
      {asksPassword ? (
        <TextField
          label="Password of the owner"
          type="password"
          autoComplete="new-password"
          value={values.password}
          onChange={(password) => set({ password })}
          error={mistakes.password}
          help="Left empty, one is made and shown once. A role that is there keeps its own."
        />
      ) : null}
      <TextField
        label="May be reached from"
        lines={3}
        mono
        value={values.cidrs}
        onChange={(cidrs) => set({ cidrs })}
        error={mistakes.cidrs}
        placeholder="10.20.0.0/16"
        help="Ranges of addresses, one on a line. Left empty: from anywhere that the profile's HBA rules allow."
      />
      <Checkbox
        label="End sessions that come from elsewhere"
        value={values.endSessions}
        onChange={(endSessions) => set({ endSessions })}
      />
    </>
  )
}
