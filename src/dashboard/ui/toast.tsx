/** Short words about what has just been done; they go by themselves and are read out. */
import { CircleAlert, CircleCheck, X } from "lucide-react"
import {
  Text,
  UNSTABLE_Toast as Toast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
} from "react-aria-components"
import { IconButton } from "./button.tsx"

type Said = { readonly text: string; readonly tone: "good" | "bad" }

const queue = new ToastQueue<Said>({ maxVisibleToasts: 3 })

/** Says that something worked. */
export const say = (text: string): void => {
  queue.add({ text, tone: "good" }, { timeout: 6000 })
}

/** Says that something failed, where no form or dialog is open to say it in. */
export const complain = (text: string): void => {
  queue.add({ text, tone: "bad" }, { timeout: 12_000 })
}

export const Toasts = () => (
  <ToastRegion
    queue={queue}
    aria-label="Messages"
    className="fixed right-4 bottom-4 z-60 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2 outline-none"
  >
    {({ toast }) => (
      <Toast
        toast={toast}
        className="flex items-center gap-2.5 rounded-lg border border-line-strong bg-raised py-2 pr-1.5 pl-3 text-sm shadow-overlay"
      >
        {toast.content.tone === "good" ? (
          <CircleCheck aria-hidden className="size-4 shrink-0 text-good" />
        ) : (
          <CircleAlert aria-hidden className="size-4 shrink-0 text-bad" />
        )}
        <ToastContent className="min-w-0 flex-1">
          <Text slot="title" className="break-words">
            {toast.content.text}
          </Text>
        </ToastContent>
        <IconButton label="Close" slot="close" className="size-7">
          <X aria-hidden className="size-3.5" />
        </IconButton>
      </Toast>
    )}
  </ToastRegion>
)
