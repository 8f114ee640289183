/** Making a database and its owner; a password that was made is shown once. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { Cluster } from "#wire/rest/clusters.ts"
import type { Sent } from "#wire/rest/routes.ts"
import { call } from "../api/client.ts"
import { keys } from "../api/queries.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { PasswordOnce } from "../components/password-once.tsx"
import { emptyDatabase, readNew } from "../domain/databases.ts"
import { say } from "../ui/toast.tsx"
import { DatabaseFields } from "./database-fields.tsx"
import { FormDialog } from "./form-dialog.tsx"

type Props = { readonly cluster: Cluster; readonly onClose: () => void }

export function NewDatabase({ cluster, onClose }: Props) {
  const client = useQueryClient()
  const [values, setValues] = useState(emptyDatabase)
  const [tried, setTried] = useState(false)
  const read = readNew(values)
  const create = useMutation({
    mutationFn: (body: Sent<"createDatabase">["body"]) =>
      call("createDatabase", { params: { id: cluster.id }, body }),
    onSuccess: async ({ database, password }) => {
      if (password === null) {
        say(`Database ${database.name} is asked for.`)
        onClose()
      }
      await client.invalidateQueries({ queryKey: keys.databases })
    },
  })
  const made = create.data
  if (made !== undefined && made.password !== null)
    return <PasswordOnce role={made.database.owner} password={made.password} onClose={onClose} />
  return (
    <FormDialog
      title={`New database in ${cluster.name}`}
      verb="Make database"
      verbing="Making…"
      busy={create.isPending}
      onSubmit={() => {
        setTried(true)
        if (read.kind === "ok") create.mutate(read.body)
      }}
      onClose={onClose}
    >
      <DeedFailed error={create.error} />
      <DatabaseFields
        values={values}
        mistakes={tried && read.kind === "bad" ? read.mistakes : {}}
        onChange={setValues}
        isNew
        asksPassword
      />
    </FormDialog>
  )
}
