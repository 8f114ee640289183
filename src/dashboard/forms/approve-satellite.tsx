/** Letting a satellite in: under which name, with which labels. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { Sent } from "#wire/rest/routes.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import { call } from "../api/client.ts"
import { keys } from "../api/queries.ts"
import { CascadeShown } from "../components/cascade.tsx"
import { DeedFailed } from "../components/load-failed.tsx"
import { say } from "../ui/toast.tsx"
import { FormDialog } from "./form-dialog.tsx"
import { SatelliteFields, useSatelliteFields } from "./satellite-fields.tsx"
import { useSatelliteCascade } from "./use-satellite-cascade.ts"

type Props = { readonly satellite: Satellite; readonly onClose: () => void }

export function ApproveSatellite({ satellite, onClose }: Props) {
  const client = useQueryClient()
  const [tried, setTried] = useState(false)
  const fields = useSatelliteFields(satellite)
  const cascade = useSatelliteCascade(satellite.id, "approve", fields)
  const approve = useMutation({
    mutationFn: (body: Sent<"approveSatellite">["body"]) =>
      call("approveSatellite", { params: { id: satellite.id }, body }),
    onSuccess: async (approved) => {
      client.setQueryData([...keys.satellite, approved.id], approved)
      say(`${approved.name} is approved. Its clusters follow from the deployment rules.`)
      onClose()
      await client.invalidateQueries({ queryKey: ["satellites"] })
      await client.invalidateQueries({ queryKey: keys.overview })
    },
  })
  const send = (): void => {
    setTried(true)
    const { confirmedDeletes } = cascade
    if (fields.read.kind === "ok")
      approve.mutate({
        ...fields.read.value,
        ...(confirmedDeletes === undefined ? {} : { confirmedDeletes }),
      })
  }
  return (
    <FormDialog
      title={`Approve ${satellite.name}`}
      verb="Approve"
      verbing="Approving…"
      ready={!cascade.waits}
      busy={approve.isPending}
      onSubmit={send}
      onClose={onClose}
    >
      <p className="text-sm text-ink-2">
        It registered as <span className="font-medium text-ink">{satellite.site}</span> with
        Kubernetes {satellite.kubernetesVersion}. Once approved, it gets a cluster from every rule
        that matches its labels.
      </p>
      <DeedFailed error={approve.error} />
      <SatelliteFields fields={fields} tried={tried} />
      <CascadeShown
        query={cascade.query}
        confirmed={cascade.isConfirmed}
        onConfirm={cascade.confirm}
      />
    </FormDialog>
  )
}
