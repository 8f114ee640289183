/** New name or labels. If somebody else was quicker, both versions are shown and nothing typed is lost. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { Sent } from "#wire/rest/routes.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import { call } from "../api/client.ts"
import { refusedStatus } from "../api/failure.ts"
import { keys, satelliteQuery } from "../api/queries.ts"
import { CascadeShown } from "../components/cascade.tsx"
import { DeedFailed } from "../components/load-failed.tsx"
import { satelliteChanges } from "../domain/changes.ts"
import { Notice } from "../ui/notice.tsx"
import { say } from "../ui/toast.tsx"
import { FormDialog } from "./form-dialog.tsx"
import { SatelliteFields, useSatelliteFields } from "./satellite-fields.tsx"
import { useSatelliteCascade } from "./use-satellite-cascade.ts"

type Props = { readonly satellite: Satellite; readonly onClose: () => void }

export function EditSatellite({ satellite, onClose }: Props) {
  const client = useQueryClient()
  const [tried, setTried] = useState(false)
  /** What the form was begun from, or the newer one that a conflict brought. */
  const [base, setBase] = useState(satellite)
  const [begun] = useState(satellite)
  const fields = useSatelliteFields(satellite)
  const cascade = useSatelliteCascade(satellite.id, "edit", fields)
  const edit = useMutation({
    mutationFn: (body: Sent<"editSatellite">["body"]) =>
      call("editSatellite", { params: { id: satellite.id }, body }),
    onSuccess: async (edited) => {
      client.setQueryData([...keys.satellite, edited.id], edited)
      say(`${edited.name} is saved.`)
      onClose()
      await client.invalidateQueries({ queryKey: ["satellites"] })
      await client.invalidateQueries({ queryKey: keys.clusters })
    },
    onError: async (error) => {
      if (refusedStatus(error) === 409) {
        setBase(await client.fetchQuery({ ...satelliteQuery(satellite.id), staleTime: 0 }))
      }
    },
  })
  const outrun = base.version !== begun.version
  const send = (): void => {
    setTried(true)
    const { confirmedDeletes } = cascade
    if (fields.read.kind === "ok")
      edit.mutate({
        ...fields.read.value,
        version: base.version,
        ...(confirmedDeletes === undefined ? {} : { confirmedDeletes }),
      })
  }
  return (
    <FormDialog
      title={`Edit ${begun.name}`}
      verb={outrun ? "Save mine" : "Save"}
      kind={cascade.isConfirmed ? "danger" : "primary"}
      ready={!cascade.waits}
      busy={edit.isPending}
      onSubmit={send}
      onClose={onClose}
    >
      {outrun ? (
        <Notice tone="warn" alert>
          <p className="font-medium">Somebody else changed it while you were editing:</p>
          <ul className="mt-1 list-disc pl-4">
            {satelliteChanges(begun, base).map((change) => (
              <li key={change}>{change}</li>
            ))}
          </ul>
          <p className="mt-1">Your input is still here. Saving replaces theirs.</p>
        </Notice>
      ) : (
        <DeedFailed error={edit.error} />
      )}
      <SatelliteFields fields={fields} tried={tried} />
      <CascadeShown
        query={cascade.query}
        confirmed={cascade.isConfirmed}
        onConfirm={cascade.confirm}
      />
    </FormDialog>
  )
}
