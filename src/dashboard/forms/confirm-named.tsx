/**
 * A deed that cannot be undone: it says what will happen, and nothing does before the name is typed. A
 * refusal is shown with its reason and keeps what was typed.
 */
import { useMutation } from "@tanstack/react-query"
import { type ReactNode, useState } from "react"
import { DeedFailed } from "../components/load-failed.tsx"
import { Button } from "../ui/button.tsx"
import { Dialog, DialogActions } from "../ui/dialog.tsx"
import { TextField } from "../ui/field.tsx"

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
  const certain = typed === props.name
  return (
    <Dialog title={props.title} open onClose={props.onClose} busy={deed.isPending} alert>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (certain) deed.mutate()
        }}
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
        <DialogActions>
          <Button onPress={props.onClose} isDisabled={deed.isPending}>
            Cancel
          </Button>
          <Button type="submit" kind="danger" isDisabled={!certain} isPending={deed.isPending}>
            {deed.isPending ? props.verbing : props.verb}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
