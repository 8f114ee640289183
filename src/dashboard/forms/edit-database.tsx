/** Another owner, or other ranges. If somebody else was quicker, theirs is shown and nothing typed is lost. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { ClusterDatabase } from "#wire/rest/databases.ts"
import type { Sent } from "#wire/rest/routes.ts"
import { call } from "../api/client.ts"
import { refusedStatus } from "../api/failure.ts"
import { keys } from "../api/queries.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { PasswordOnce } from "../components/password-once.tsx"
import { reachText, readEdited, valuesOf } from "../domain/databases.ts"
import { Notice } from "../ui/notice.tsx"
import { say } from "../ui/toast.tsx"
import { DatabaseFields } from "./database-fields.tsx"
import { FormDialog } from "./form-dialog.tsx"

type Props = { readonly database: ClusterDatabase; readonly onClose: () => void }

export function EditDatabase({ database, onClose }: Props) {
  const client = useQueryClient()
  const [begun] = useState(database)
  /** What the form was begun from, or the newer one that a conflict brought. */
  const [base, setBase] = useState(database)
  const [values, setValues] = useState(valuesOf(database))
  const [tried, setTried] = useState(false)
  const hasNewOwner = values.owner !== base.owner
  const read = readEdited({ ...values, password: hasNewOwner ? values.password : "" }, base.version)
  const params = { id: begun.clusterId, databaseId: begun.id }
  const edit = useMutation({
    mutationFn: (body: Sent<"editDatabase">["body"]) => call("editDatabase", { params, body }),
    onSuccess: async ({ password }) => {
      if (password === null) {
        say(`Database ${begun.name} is saved.`)
        onClose()
      }
      await client.invalidateQueries({ queryKey: keys.databases })
    },
    onError: async (error) => {
      if (refusedStatus(error) === 409) setBase(await call("getDatabase", { params }))
    },
  })
  const made = edit.data
  if (made !== undefined && made.password !== null)
    return <PasswordOnce role={made.database.owner} password={made.password} onClose={onClose} />
  const outrun = base.version !== begun.version
  return (
    <FormDialog
      title={`Edit ${begun.name}`}
      verb={outrun ? "Save mine" : "Save"}
      busy={edit.isPending}
      onSubmit={() => {
        setTried(true)
        if (read.kind === "ok") edit.mutate(read.body)
      }}
      onClose={onClose}
    >
      {outrun ? (
        <Notice tone="warn" alert>
          <p className="font-medium">Somebody else changed it while you were editing:</p>
          <ul className="mt-1 list-disc pl-4">
            <li>
              owned by <span className="font-mono">{base.owner}</span>
            </li>
            <li>reached from {reachText(base.allowedCidrs)}</li>
          </ul>
          <p className="mt-1">Your input is still here. Saving replaces theirs.</p>
        </Notice>
      ) : (
        <DeedFailed error={edit.error} />
      )}
      <DatabaseFields
        values={values}
        mistakes={tried && read.kind === "bad" ? read.mistakes : {}}
        onChange={setValues}
        isNew={false}
        asksPassword={hasNewOwner}
      />
      {hasNewOwner ? (
        <p className="text-xs text-ink-2">
          What {base.owner} owns in this database becomes the new owner's. The role {base.owner}{" "}
          stays, and can not connect to it any more.
        </p>
      ) : null}
    </FormDialog>
  )
}
