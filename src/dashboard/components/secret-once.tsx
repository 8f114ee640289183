/** A secret that was made, shown this one time. */
import type { ReactNode } from "react"
import { Button } from "../ui/button.tsx"
import { CopyButton } from "../ui/copy-button.tsx"
import { Dialog, DialogActions } from "../ui/dialog.tsx"
import { Notice } from "../ui/notice.tsx"

type Props = {
  readonly title: string
  readonly what: "token" | "password"
  readonly secret: string
  /** What central keeps of it. */
  readonly kept?: string
  readonly hint: ReactNode
  readonly onClose: () => void
}

export const SecretOnce = ({
  title,
  what,
  secret,
  kept = "a hash of it",
  hint,
  onClose,
}: Props) => (
  <Dialog title={title} open onClose={onClose}>
    <Notice tone="warn" className="mb-4">
      Copy it now. It is shown this one time; central keeps only {kept}.
    </Notice>
    <div className="flex items-start gap-2 rounded-md bg-sunken p-3">
      <code data-testid={what} className="min-w-0 flex-1 font-mono text-xs break-all">
        {secret}
      </code>
      <CopyButton text={secret} label={`Copy the ${what}`} />
    </div>
    <p className="mt-3 text-xs text-ink-3">{hint}</p>
    <DialogActions>
      <Button kind="primary" onPress={onClose}>
        I have copied it
      </Button>
    </DialogActions>
  </Dialog>
)
