/** Pausing a cluster: what goes on, what does not, and why it is done. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { Cluster } from "#wire/rest/clusters.ts"
import { call } from "../api/client.ts"
import { keys } from "../api/queries.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { TextField } from "../ui/field.tsx"
import { say } from "../ui/toast.tsx"
import { FormDialog } from "./form-dialog.tsx"

type Props = { readonly cluster: Cluster; readonly onClose: () => void }

const reasonMax = 300

export function PauseCluster({ cluster, onClose }: Props) {
  const client = useQueryClient()
  const [reason, setReason] = useState("")
  const given = reason.trim()
  const pause = useMutation({
    mutationFn: () =>
      call("pauseCluster", {
        params: { id: cluster.id },
        body: given === "" ? {} : { reason: given },
      }),
    onSuccess: (saved) => {
      client.setQueryData([...keys.cluster, saved.id], saved)
      say(`${saved.name} is paused.`)
      onClose()
    },
  })
  return (
    <FormDialog
      title={`Pause ${cluster.name}?`}
      alert
      verb="Pause cluster"
      verbing="Pausing…"
      kind="plain"
      ready={given.length <= reasonMax}
      busy={pause.isPending}
      onSubmit={() => pause.mutate()}
      onClose={onClose}
    >
      <p className="text-sm text-ink-2">
        The primary goes on serving, and starts again in its place when its server crashes. Nobody
        else becomes primary by itself: if it is lost, the cluster is away until you resume it or
        promote a member. No rollout changes it meanwhile.
      </p>
      <DeedFailed error={pause.error} />
      <TextField
        label="Reason"
        help="Told with the event. May be empty."
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  )
}
