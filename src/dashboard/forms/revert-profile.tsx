/** Going back to an earlier version: its spec becomes the newest version, and the history stays. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { Profile } from "#wire/rest/profiles.ts"
import { call } from "../api/client.ts"
import { profileDiffQuery } from "../api/intent-queries.ts"
import { keys } from "../api/queries.ts"
import { ChangeList } from "../components/change-list.tsx"
import { DeedFailed, LoadFailed } from "../components/load-failed.tsx"
import { Button } from "../ui/button.tsx"
import { Dialog, DialogActions } from "../ui/dialog.tsx"
import { TextField } from "../ui/field.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { say } from "../ui/toast.tsx"

type Props = { readonly profile: Profile; readonly to: number; readonly onClose: () => void }

export function RevertProfile({ profile, to, onClose }: Props) {
  const client = useQueryClient()
  const [note, setNote] = useState("")
  const diff = useQuery(profileDiffQuery(profile.id, { from: profile.specVersion, to }))
  const revert = useMutation({
    mutationFn: () =>
      call("revertProfile", {
        params: { id: profile.id },
        body: { version: profile.version, to, ...(note === "" ? {} : { note }) },
      }),
    onSuccess: async (saved) => {
      client.setQueryData([...keys.profile, saved.id], saved)
      say(`${saved.name} has version ${saved.specVersion}, which says what version ${to} said.`)
      onClose()
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["profiles"] }),
  })
  return (
    <Dialog title={`Go back to version ${to}?`} open wide onClose={onClose} busy={revert.isPending}>
      <div className="flex flex-col gap-3">
        <p className="text-sm text-ink-2">
          What version {to} says becomes version {profile.specVersion + 1}. No cluster moves to it
          by itself, and the history stays.
        </p>
        {diff.data === undefined ? (
          diff.isError ? (
            <LoadFailed
              what="The difference"
              error={diff.error}
              retry={diff.refetch}
              retrying={diff.isFetching}
            />
          ) : (
            <LoadingRows what="the difference" rows={2} />
          )
        ) : (
          <div className="max-h-80 overflow-y-auto" tabIndex={0} role="region" aria-label="Changes">
            <ChangeList label="What would change" changes={diff.data.changes} dense />
          </div>
        )}
        <TextField
          label="Why (shown in the history)"
          value={note}
          onChange={setNote}
          placeholder={`back to version ${to}`}
        />
        <DeedFailed error={revert.error} />
      </div>
      <DialogActions>
        <Button onPress={onClose} isDisabled={revert.isPending}>
          Cancel
        </Button>
        <Button kind="primary" isPending={revert.isPending} onPress={() => revert.mutate()}>
          {revert.isPending ? "Going back…" : `Make version ${profile.specVersion + 1}`}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
