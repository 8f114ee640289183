/** A dialog that edits one thing: its fields, what central refused, and Save. */
import type { ReactNode } from "react"
import { Button } from "../ui/button.tsx"
import { Dialog, DialogActions } from "../ui/dialog.tsx"
import { Refused } from "./refused.tsx"

type Props = {
  readonly title: string
  readonly save: { readonly isPending: boolean; readonly error: Error | null }
  readonly onSubmit: () => Promise<void>
  readonly onClose: () => void
  readonly children: ReactNode
}

export const SaveDialog = ({ title, save, onSubmit, onClose, children }: Props) => (
  <Dialog title={title} open onClose={onClose} busy={save.isPending}>
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        void onSubmit()
      }}
    >
      <Refused error={save.error}>
        {children}
        <DialogActions>
          <Button onPress={onClose} isDisabled={save.isPending}>
            Cancel
          </Button>
          <Button type="submit" kind="primary" isPending={save.isPending}>
            {save.isPending ? "Saving…" : "Save"}
          </Button>
        </DialogActions>
      </Refused>
    </form>
  </Dialog>
)
