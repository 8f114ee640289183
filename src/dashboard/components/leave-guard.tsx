/** Asks before a page is left on which something was typed and not saved. */
import { useBlocker } from "@tanstack/react-router"
import { Button } from "../ui/button.tsx"
import { Dialog, DialogActions } from "../ui/dialog.tsx"

export function LeaveGuard({ when }: { readonly when: boolean }) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => when && current.pathname !== next.pathname,
    enableBeforeUnload: when,
    withResolver: true,
  })
  if (blocker.status !== "blocked") return null
  return (
    <Dialog title="Leave without saving?" open onClose={blocker.reset} alert>
      <p className="text-sm text-ink-2">What was changed on this page is not saved.</p>
      <DialogActions>
        <Button onPress={blocker.reset} autoFocus>
          Stay
        </Button>
        <Button kind="danger" onPress={blocker.proceed}>
          Leave
        </Button>
      </DialogActions>
    </Dialog>
  )
}
