/** A dialog that asks for something and sends it: its fields, and what leads out of it. */
import type { ReactNode } from "react"
import { Button, type ButtonKind } from "../ui/button.tsx"
import { Dialog, DialogActions } from "../ui/dialog.tsx"

type Props = {
  readonly title: string
  readonly wide?: boolean
  /** For questions about deeds that cannot be undone. */
  readonly alert?: boolean
  readonly verb?: string
  readonly verbing?: string
  readonly kind?: ButtonKind
  /** All that is needed was said: nothing is sent before. */
  readonly ready?: boolean
  /** It is being sent. */
  readonly busy: boolean
  readonly leave?: string
  readonly onSubmit: () => unknown
  readonly onClose: () => void
  /** The fields, and beside them what central refused. */
  readonly children: ReactNode
}

export const FormDialog = ({
  title,
  wide = false,
  alert = false,
  verb = "Save",
  verbing = "Saving…",
  kind = "primary",
  ready = true,
  busy,
  leave = "Cancel",
  onSubmit,
  onClose,
  children,
}: Props) => (
  <Dialog title={title} open wide={wide} alert={alert} onClose={onClose} busy={busy}>
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        // Enter in a field asks again, whatever the button says.
        if (ready && !busy) void onSubmit()
      }}
    >
      {children}
      <DialogActions>
        <Button onPress={onClose} isDisabled={busy}>
          {leave}
        </Button>
        <Button type="submit" kind={kind} isDisabled={!ready} isPending={busy}>
          {busy ? verbing : verb}
        </Button>
      </DialogActions>
    </form>
  </Dialog>
)
