/** Refusing a satellite, asked once more. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { Satellite } from "#wire/rest/satellites.ts"
import { call } from "../api/client.ts"
import { keys } from "../api/queries.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { Button } from "../ui/button.tsx"
import { Dialog, DialogActions } from "../ui/dialog.tsx"
import { say } from "../ui/toast.tsx"

type Props = { readonly satellite: Satellite; readonly onClose: () => void }

export function RejectSatellite({ satellite, onClose }: Props) {
  const client = useQueryClient()
  const reject = useMutation({
    mutationFn: () => call("rejectSatellite", { params: { id: satellite.id } }),
    onSuccess: async (rejected) => {
      client.setQueryData([...keys.satellite, rejected.id], rejected)
      say(`${rejected.name} is rejected.`)
      onClose()
      await client.invalidateQueries({ queryKey: ["satellites"] })
      await client.invalidateQueries({ queryKey: keys.overview })
    },
  })
  return (
    <Dialog
      title={`Reject ${satellite.name}?`}
      open
      onClose={onClose}
      busy={reject.isPending}
      alert
    >
      <p className="mb-4 text-sm text-ink-2">
        It gets no work and cannot connect. To let it in later, it has to register anew.
      </p>
      <DeedFailed error={reject.error} />
      <DialogActions>
        <Button onPress={onClose} autoFocus isDisabled={reject.isPending}>
          Cancel
        </Button>
        <Button kind="danger" isPending={reject.isPending} onPress={() => reject.mutate()}>
          {reject.isPending ? "Rejecting…" : "Reject"}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
