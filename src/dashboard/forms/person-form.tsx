/** Letting a person sign in, and editing what that one may do. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { Person } from "#wire/rest/people.ts"
import { call } from "../api/client.ts"
import { keys } from "../api/queries.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { SecretOnce } from "../components/secret-once.tsx"
import { TextField } from "../ui/field.tsx"
import { say } from "../ui/toast.tsx"
import { FormDialog } from "./form-dialog.tsx"
import { StandingFields, useStanding } from "./person-fields.tsx"

const scopeHelp =
  "Only satellites that carry all of these labels, with what lives there. Empty: the whole fleet."

type Props = { readonly person?: Person; readonly onClose: () => void }

export function PersonForm({ person, onClose }: Props) {
  const client = useQueryClient()
  const [tried, setTried] = useState(false)
  const [name, setName] = useState(person?.name ?? "")
  const [email, setEmail] = useState(person?.email ?? "")
  const standing = useStanding(person?.role ?? "viewer", person?.scope)
  const save = useMutation({
    mutationFn: async (scope: Record<string, string>) => {
      const { role } = standing
      if (person === undefined)
        return call("createPerson", {
          body: { name, role, scope, ...(email === "" ? {} : { email }) },
        })
      const body = { version: person.version, role, scope, email: email === "" ? null : email }
      return { ...(await call("editPerson", { params: { id: person.id }, body })), password: null }
    },
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: keys.people })
      if (saved.password !== null) return
      say(`${saved.name} is saved. It works at once.`)
      onClose()
    },
  })
  const made = save.data?.password
  if (made !== undefined && made !== null)
    return (
      <SecretOnce
        title={`Password of ${name}`}
        what="password"
        secret={made}
        hint="They can change it under “My account”."
        onClose={onClose}
      />
    )
  const send = (): void => {
    setTried(true)
    if (name.trim() !== "" && standing.read.kind === "ok") save.mutate({ ...standing.read.labels })
  }
  return (
    <FormDialog
      title={person === undefined ? "New person" : `Edit ${person.name}`}
      verb={person === undefined ? "Make person" : "Save"}
      busy={save.isPending}
      onSubmit={send}
      onClose={onClose}
    >
      <DeedFailed error={save.error} />
      {person === undefined ? (
        <TextField
          label="Name"
          help="What they sign in with"
          value={name}
          onChange={setName}
          autoFocus
          error={tried && name.trim() === "" ? "Give the person a name" : undefined}
        />
      ) : null}
      <TextField label="E-mail (if any)" value={email} onChange={setEmail} />
      <StandingFields standing={standing} tried={tried} help={scopeHelp} />
    </FormDialog>
  )
}
