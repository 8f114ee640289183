/** Modal dialogs. Esc and a press outside close them, unless something is being sent. */
import { X } from "lucide-react"
import type { ReactNode } from "react"
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components"
import { IconButton } from "./button.tsx"
import { classNames } from "./class-names.ts"

type Props = {
  readonly title: string
  readonly open: boolean
  readonly onClose: () => void
  readonly children: ReactNode
  /** Something is under way: closing would hide its end. */
  readonly busy?: boolean
  readonly wide?: boolean
  /** For questions about deeds that cannot be undone. */
  readonly alert?: boolean
}

export const Dialog = ({ title, open, onClose, children, busy, wide, alert }: Props) => (
  <ModalOverlay
    isOpen={open}
    onOpenChange={(stays) => {
      if (!stays) onClose()
    }}
    isDismissable={busy !== true}
    isKeyboardDismissDisabled={busy === true}
    className="fixed inset-0 z-50 flex h-(--visual-viewport-height) items-start justify-center overflow-y-auto bg-[rgb(8_10_14/0.55)] p-3 pt-[8vh] transition-opacity duration-100 entering:opacity-0 exiting:opacity-0 sm:p-6 sm:pt-[12vh]"
  >
    <Modal
      className={classNames(
        "w-full rounded-lg border border-line-strong bg-raised shadow-overlay transition-transform duration-100 entering:translate-y-2",
        wide === true ? "max-w-2xl" : "max-w-md",
      )}
    >
      <AriaDialog role={alert === true ? "alertdialog" : "dialog"} className="outline-none">
        <header className="flex items-start justify-between gap-4 px-5 pt-4 pb-1">
          <Heading slot="title" className="min-w-0 text-lg font-semibold wrap-anywhere">
            {title}
          </Heading>
          <IconButton
            label="Close"
            className="-mt-1 -mr-2"
            isDisabled={busy === true}
            onPress={onClose}
          >
            <X aria-hidden className="size-4" />
          </IconButton>
        </header>
        <div className="px-5 pb-5 wrap-anywhere">{children}</div>
      </AriaDialog>
    </Modal>
  </ModalOverlay>
)

/** A button that names a member or a cluster may be wider than a narrow screen: then it has two lines. */
export const DialogActions = ({ children }: { readonly children: ReactNode }) => (
  <div className="mt-5 flex flex-wrap justify-end gap-2 *:h-auto *:min-h-8 *:max-w-full *:whitespace-normal">
    {children}
  </div>
)
