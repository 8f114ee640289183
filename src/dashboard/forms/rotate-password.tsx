/** A new password for the owner of a database, shown once. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import type { ClusterDatabase } from "#wire/rest/databases.ts"
import { call } from "../api/client.ts"
import { keys } from "../api/queries.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { PasswordOnce } from "../components/password-once.tsx"
import { Age } from "../ui/age.tsx"
import { Button } from "../ui/button.tsx"
import { Dialog, DialogActions } from "../ui/dialog.tsx"

type Props = { readonly database: ClusterDatabase; readonly onClose: () => void }

export function RotatePassword({ database, onClose }: Props) {
  const client = useQueryClient()
  const { clusterId: id, id: databaseId, owner, version } = database
  const rotate = useMutation({
    mutationFn: () =>
      call("rotateDatabasePassword", { params: { id, databaseId }, body: { version } }),
    onSuccess: () => client.invalidateQueries({ queryKey: keys.databases }),
  })
  const password = rotate.data?.password
  if (password !== undefined && password !== null)
    return <PasswordOnce role={owner} password={password} onClose={onClose} />
  return (
    <Dialog
      title={`New password for ${owner}?`}
      open
      onClose={onClose}
      busy={rotate.isPending}
      alert
    >
      <div className="flex flex-col gap-3 text-sm text-ink-2">
        <p>
          The present one, of <Age at={database.passwordSetAt} />, is refused from new logins as
          soon as the primary has the new one. Sessions that are there go on.
        </p>
        <DeedFailed error={rotate.error} />
      </div>
      <DialogActions>
        <Button onPress={onClose} autoFocus isDisabled={rotate.isPending}>
          Cancel
        </Button>
        <Button kind="primary" isPending={rotate.isPending} onPress={() => rotate.mutate()}>
          {rotate.isPending ? "Making…" : "Make a new password"}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
