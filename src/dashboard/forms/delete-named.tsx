/** Deleting something small, asked once more; a refusal is shown with its reason. */
import { type QueryKey, useMutation, useQueryClient } from "@tanstack/react-query"
import type { ReactNode } from "react"
import { DeedFailed } from "../components/load-failed.tsx"
import { Button } from "../ui/button.tsx"
import { Dialog, DialogActions } from "../ui/dialog.tsx"
import { say } from "../ui/toast.tsx"

type Props = {
  readonly title: string
  /** What will and what will not happen. */
  readonly children: ReactNode
  readonly verb: string
  readonly verbing: string
  readonly done: string
  readonly run: () => Promise<unknown>
  readonly stale: QueryKey
  readonly onClose: () => void
  readonly onDone?: () => void
}

export function DeleteNamed(props: Props) {
  const client = useQueryClient()
  const remove = useMutation({
    mutationFn: props.run,
    onSuccess: async () => {
      say(props.done)
      props.onClose()
      props.onDone?.()
      await client.invalidateQueries({ queryKey: props.stale })
    },
  })
  return (
    <Dialog title={props.title} open onClose={props.onClose} busy={remove.isPending} alert>
      <div className="flex flex-col gap-3">
        <div className="text-sm text-ink-2">{props.children}</div>
        <DeedFailed error={remove.error} />
      </div>
      <DialogActions>
        <Button onPress={props.onClose} autoFocus isDisabled={remove.isPending}>
          Cancel
        </Button>
        <Button kind="danger" isPending={remove.isPending} onPress={() => remove.mutate()}>
          {remove.isPending ? props.verbing : props.verb}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
