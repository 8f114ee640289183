/** A new set of recovery rules: a copy of the built-in ones, or nothing yet. */
import { zodResolver } from "@hookform/resolvers/zod"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { useForm } from "react-hook-form"
import { createRuleSetBody } from "#wire/rest/rule-set-routes.ts"
import { call } from "../../api/client.ts"
import { builtInRulesQuery, catalogueKeys } from "../../api/catalogue-queries.ts"
import { Select } from "../../ui/select.tsx"
import { say } from "../../ui/toast.tsx"
import { FormDialog } from "../form-dialog.tsx"
import { FormText } from "../form-field.tsx"
import { Refused } from "../refused.tsx"

const beginnings = [
  { value: "built-in", name: "A copy of the built-in rules" },
  { value: "empty", name: "No rules: what is logged leads to nothing" },
] as const

const named = createRuleSetBody.pick({ name: true, description: true })

export function NewRuleSet({ onClose }: { readonly onClose: () => void }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [from, setFrom] = useState<(typeof beginnings)[number]["value"]>("built-in")
  const form = useForm({
    resolver: zodResolver(named),
    defaultValues: { name: "", description: "" },
  })
  const create = useMutation({
    mutationFn: async (given: { name: string; description: string }) => {
      const builtIn = from === "empty" ? undefined : await client.fetchQuery(builtInRulesQuery)
      const rules = (builtIn?.categories ?? []).flatMap((category) =>
        category.rules.map(({ example: _example, ...rule }) => rule),
      )
      return call("createRuleSet", { body: { ...given, set: { allowExec: false, rules } } })
    },
    onSuccess: async ({ id, name }) => {
      say(`Rule set ${name} is made.`)
      onClose()
      await client.invalidateQueries({ queryKey: catalogueKeys.ruleSets })
      await navigate({ to: "/recovery-rules/$id", params: { id } })
    },
  })
  return (
    <FormDialog
      title="New rule set"
      verb="Make rule set"
      verbing="Making…"
      busy={create.isPending}
      onSubmit={form.handleSubmit(({ name, description }) => create.mutate({ name, description }))}
      onClose={onClose}
    >
      <Refused error={create.error}>
        <FormText control={form.control} name="name" label="Name" placeholder="quiet" autoFocus />
        <FormText control={form.control} name="description" label="Description" />
        <Select label="Begin with" choices={beginnings} value={from} onChange={setFrom} />
      </Refused>
    </FormDialog>
  )
}
