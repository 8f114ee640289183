/** Deciding what a change of a parameter asks of clusters, or leaving it to PostgreSQL again. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { PostgresMajor } from "#core/cluster/spec.ts"
import type { ParameterOrder } from "#core/rollout/impact.ts"
import { parameterOrders } from "#core/rollout/impact.ts"
import type { ShownParameter } from "#wire/rest/parameters.ts"
import { call } from "../api/client.ts"
import { keys } from "../api/queries.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { effectLook } from "../domain/words.ts"
import { TextField } from "../ui/field.tsx"
import { RadioCards } from "../ui/radio-cards.tsx"
import { say } from "../ui/toast.tsx"
import { FormDialog } from "./form-dialog.tsx"

type Props = {
  readonly major: PostgresMajor
  readonly parameter: ShownParameter
  readonly onClose: () => void
}

export function OrderParameter({ major, parameter, onClose }: Props) {
  const client = useQueryClient()
  const { name, ordered, order: present } = parameter
  const [order, setOrder] = useState<ParameterOrder | "usual">(ordered === null ? "usual" : present)
  const [note, setNote] = useState(ordered?.note ?? "")
  const save = useMutation({
    mutationFn: () =>
      call("orderParameter", {
        params: { name },
        body: { major, version: parameter.version, order: order === "usual" ? null : order, note },
      }),
    onSuccess: () => {
      say(`What a change of ${name} asks for on PostgreSQL ${major} is decided.`)
      onClose()
    },
    onSettled: () => client.invalidateQueries({ queryKey: keys.parameters }),
  })
  return (
    <FormDialog
      title={`A change of ${name} on PostgreSQL ${major}`}
      wide
      busy={save.isPending}
      onSubmit={() => save.mutate()}
      onClose={onClose}
    >
      <p className="text-sm text-ink-2">
        It counts for every cluster of PostgreSQL {major}, from the next change on.
      </p>
      <RadioCards
        label="What it asks of a cluster"
        value={order}
        onChange={setOrder}
        choices={[
          { value: "usual", name: "As PostgreSQL needs", help: "What its servers say." },
          ...parameterOrders.map((each) => ({
            value: each,
            name: effectLook(each).word,
            help: effectLook(each).meaning,
          })),
        ]}
      />
      <TextField label="Why (others read it)" value={note} onChange={setNote} />
      <DeedFailed error={save.error} />
    </FormDialog>
  )
}
