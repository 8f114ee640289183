/** Something small that is asked once more, most often a deletion; a refusal is shown with its reason. */
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

export const DeleteNamed = (props: Props) => <ConfirmDeed {...props} kind="danger" />

/** The same for a deed that takes nothing away. */
export function ConfirmDeed({
  kind = "primary",
  ...props
}: Props & { readonly kind?: "primary" | "danger" }) {
  const client = useQueryClient()
  const deed = useMutation({
    mutationFn: props.run,
    onSuccess: async () => {
      say(props.done)
      props.onClose()
      props.onDone?.()
      await client.invalidateQueries({ queryKey: props.stale })
    },
  })
  return (
    <Dialog title={props.title} open onClose={props.onClose} busy={deed.isPending} alert>
      <div className="flex flex-col gap-3">
        <div className="text-sm text-ink-2">{props.children}</div>
        <DeedFailed error={deed.error} />
      </div>
      <DialogActions>
        <Button onPress={props.onClose} autoFocus isDisabled={deed.isPending}>
          Cancel
        </Button>
        <Button kind={kind} isPending={deed.isPending} onPress={() => deed.mutate()}>
          {deed.isPending ? props.verbing : props.verb}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
