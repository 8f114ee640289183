/** Deleting a cluster with its data: its name must be typed. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { Cluster } from "#wire/rest/clusters.ts"
import { call } from "../api/client.ts"
import { keys } from "../api/queries.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { Button } from "../ui/button.tsx"
import { Dialog, DialogActions } from "../ui/dialog.tsx"
import { TextField } from "../ui/field.tsx"
import { say } from "../ui/toast.tsx"

type Props = { readonly cluster: Cluster; readonly onClose: () => void }

export function DeleteCluster({ cluster, onClose }: Props) {
  const client = useQueryClient()
  const [typed, setTyped] = useState("")
  const remove = useMutation({
    mutationFn: () => call("deleteCluster", { params: { id: cluster.id } }),
    onSuccess: async (deleted) => {
      client.setQueryData([...keys.cluster, deleted.id], deleted)
      say(`${deleted.name} on ${deleted.satelliteName} is being deleted.`)
      onClose()
      await client.invalidateQueries({ queryKey: keys.clusters })
      await client.invalidateQueries({ queryKey: keys.overview })
    },
  })
  const certain = typed === cluster.name
  return (
    <Dialog title={`Delete ${cluster.name}?`} open onClose={onClose} busy={remove.isPending} alert>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (certain) remove.mutate()
        }}
      >
        <p className="text-sm text-ink-2">
          All {cluster.members} members on{" "}
          <span className="font-medium text-ink">{cluster.satelliteName}</span> and their data are
          removed for good. If the site is away, it happens when it is next connected.
        </p>
        <DeedFailed error={remove.error} />
        <TextField
          label={`Type ${cluster.name} to confirm`}
          value={typed}
          onChange={setTyped}
          mono
          autoFocus
        />
        <DialogActions>
          <Button onPress={onClose} isDisabled={remove.isPending}>
            Cancel
          </Button>
          <Button type="submit" kind="danger" isDisabled={!certain} isPending={remove.isPending}>
            {remove.isPending ? "Deleting…" : "Delete cluster and data"}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
