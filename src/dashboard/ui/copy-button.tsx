/** Puts text on the clipboard and says so. Works without a secure context, as on a site's plain http. */
import { Check, Copy } from "lucide-react"
import { useState } from "react"
import { IconButton } from "./button.tsx"

export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [done, setDone] = useState<"no" | "yes" | "refused">("no")
  const copy = async (): Promise<void> => {
    setDone((await toClipboard(text)) ? "yes" : "refused")
    setTimeout(() => setDone("no"), 2000)
  }
  return (
    <>
      <IconButton label={label} className="relative size-6" onPress={() => void copy()}>
        {done === "yes" ? (
          <Check aria-hidden className="size-3.5 text-good" />
        ) : (
          <Copy aria-hidden className="size-3.5" />
        )}
      </IconButton>
      <span role="status" className="sr-only">
        {done === "yes"
          ? "Copied"
          : done === "refused"
            ? "Could not copy; select the text by hand"
            : ""}
      </span>
    </>
  )
}

async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    // No permission, or no `navigator.clipboard` outside https: the old way still works there.
    const area = document.createElement("textarea")
    area.value = text
    area.setAttribute("readonly", "")
    area.className = "fixed opacity-0"
    const home = document.activeElement
    document.body.append(area)
    area.select()
    const copied = document.execCommand("copy")
    area.remove()
    if (home instanceof HTMLElement) home.focus()
    return copied
  }
}
