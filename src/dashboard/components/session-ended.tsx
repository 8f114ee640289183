/** A session that ran out: the page stays as it is, with everything typed, behind the question. */
import { useQuery } from "@tanstack/react-query"
import { useRouter } from "@tanstack/react-router"
import { useState } from "react"
import { Dialog, Heading, Modal, ModalOverlay } from "react-aria-components"
import { useLive } from "../api/context.ts"
import { sessionQuery } from "../api/queries.ts"
import { SignInForm } from "../forms/sign-in-form.tsx"
import { Button } from "../ui/button.tsx"
import { ProviderLink } from "./provider-link.tsx"
import { useSignOut } from "./user-menu.tsx"

export function SessionEnded() {
  const { data: session } = useQuery(sessionQuery)
  const live = useLive()
  const signOut = useSignOut()
  const router = useRouter()
  const [user, setUser] = useState("")
  if (session !== null && session !== undefined && session.user !== user) setUser(session.user)
  return (
    <ModalOverlay
      isOpen={session === null}
      isKeyboardDismissDisabled
      className="fixed inset-0 z-60 grid place-items-center bg-[rgb(8_10_14/0.55)] p-4 backdrop-blur-md"
    >
      <Modal className="w-full max-w-88 rounded-lg border border-line-strong bg-raised p-6 shadow-overlay">
        <Dialog className="outline-none">
          <Heading slot="title" className="text-lg font-semibold">
            Your session has ended
          </Heading>
          <p className="mt-0.5 mb-5 text-sm text-ink-2">
            Sign in to go on where you were. With a password, nothing you typed is lost.
          </p>
          <ProviderLink
            to={router.history.location.href}
            after="leads back to this page, without what you typed; or with a password"
          />
          <SignInForm user={user} onDone={() => live.start()} />
          <Button kind="ghost" className="mt-2 w-full" onPress={() => void signOut()}>
            Leave
          </Button>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
