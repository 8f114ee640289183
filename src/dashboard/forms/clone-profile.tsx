/** A copy of any version as a profile of its own. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { cloneProfileBody } from "#wire/rest/profile-versions.ts"
import type { Profile } from "#wire/rest/profiles.ts"
import { call } from "../api/client.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { TextField } from "../ui/field.tsx"
import { say } from "../ui/toast.tsx"
import { FormDialog } from "./form-dialog.tsx"

type Props = {
  readonly profile: Profile
  readonly specVersion: number
  readonly onClose: () => void
}

export function CloneProfile({ profile, specVersion, onClose }: Props) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [name, setName] = useState("")
  const [tried, setTried] = useState(false)
  const parsed = cloneProfileBody.safeParse({ name: name.trim(), specVersion })
  const clone = useMutation({
    mutationFn: () =>
      call("cloneProfile", {
        params: { id: profile.id },
        body: { name: name.trim(), specVersion },
      }),
    onSuccess: async (made) => {
      say(`Profile ${made.name} is made.`)
      onClose()
      await client.invalidateQueries({ queryKey: ["profiles"] })
      await navigate({ to: "/profiles/$id", params: { id: made.id } })
    },
  })
  const problem =
    parsed.success || !tried
      ? undefined
      : name.trim() === ""
        ? "Give it a name"
        : parsed.error.issues[0]?.message
  return (
    <FormDialog
      title={`Clone ${profile.name}, version ${specVersion}`}
      verb="Clone"
      verbing="Cloning…"
      busy={clone.isPending}
      onSubmit={() => {
        setTried(true)
        if (parsed.success) clone.mutate()
      }}
      onClose={onClose}
    >
      <p className="text-sm text-ink-2">
        The copy lives on its own: what happens to {profile.name} later does not reach it.
      </p>
      <TextField
        label="Name of the new profile"
        value={name}
        onChange={setName}
        error={problem}
        help="Lower-case letters, digits and '-'"
        autoFocus
      />
      <DeedFailed error={clone.error} />
    </FormDialog>
  )
}
