/** A password that was made, shown this one time. */
import { Button } from "../ui/button.tsx"
import { CopyButton } from "../ui/copy-button.tsx"
import { Dialog, DialogActions } from "../ui/dialog.tsx"
import { Notice } from "../ui/notice.tsx"

type Props = {
  readonly role: string
  readonly password: string
  readonly onClose: () => void
}

export const PasswordOnce = ({ role, password, onClose }: Props) => (
  <Dialog title={`Password of ${role}`} open onClose={onClose}>
    <Notice tone="warn" className="mb-4">
      Copy it now. It is shown this one time; central keeps only what checks it.
    </Notice>
    <div className="flex items-start gap-2 rounded-md bg-sunken p-3">
      <code data-testid="password" className="min-w-0 flex-1 font-mono text-xs break-all">
        {password}
      </code>
      <CopyButton text={password} label="Copy the password" />
    </div>
    <p className="mt-3 text-xs text-ink-3">
      It opens as soon as the primary has confirmed it; the list says so.
    </p>
    <DialogActions>
      <Button kind="primary" onPress={onClose}>
        I have copied it
      </Button>
    </DialogActions>
  </Dialog>
)
