/**
 * A deed that cannot be undone: it says what will happen, and nothing does before the name is typed. A
 * refusal is shown with its reason and keeps what was typed.
 */
import { useMutation } from "@tanstack/react-query"
import { type ReactNode, useState } from "react"
import { DeedFailed } from "../components/load-failed.tsx"
import { TextField } from "../ui/field.tsx"
import { FormDialog } from "./form-dialog.tsx"

type Props<T> = {
  readonly title: string
  /** What will happen, and to what. */
  readonly children: ReactNode
  /** What must be typed, letter for letter. */
  readonly name: string
  readonly verb: string
  readonly verbing: string
  readonly run: () => Promise<T>
  readonly onDone: (result: T) => void | Promise<void>
  readonly onClose: () => void
}

export function ConfirmNamed<T>(props: Props<T>) {
  const [typed, setTyped] = useState("")
  const deed = useMutation({
    mutationFn: props.run,
    onSuccess: async (result) => {
      props.onClose()
      await props.onDone(result)
    },
  })
  return (
    <FormDialog
      title={props.title}
      alert
      verb={props.verb}
      verbing={props.verbing}
      kind="danger"
      ready={typed === props.name}
      busy={deed.isPending}
      onSubmit={() => deed.mutate()}
      onClose={props.onClose}
    >
      <div className="text-sm text-ink-2">{props.children}</div>
      <DeedFailed error={deed.error} />
      <TextField
        label={`Type ${props.name.includes(" ") ? `“${props.name}”` : props.name} to confirm`}
        value={typed}
        onChange={setTyped}
        mono
        autoFocus
      />
    </FormDialog>
  )
}
