/** The frame of every page behind the door. */
import { Toasts } from "../ui/toast.tsx"
import { SessionEnded } from "./session-ended.tsx"
import { Shell } from "./shell.tsx"

export const SignedIn = () => (
  <>
    <Shell />
    <SessionEnded />
    <Toasts />
  </>
)
