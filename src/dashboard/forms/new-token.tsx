/** Making a token, and showing it this one time. */
import { zodResolver } from "@hookform/resolvers/zod"
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { Controller, useForm } from "react-hook-form"
import { isAtLeast, roles } from "#core/access/role.ts"
import { createTokenBody } from "#wire/rest/access.ts"
import type { Sent } from "#wire/rest/routes.ts"
import { call } from "../api/client.ts"
import { keys, sessionQuery } from "../api/queries.ts"
import { SecretOnce } from "../components/secret-once.tsx"
import { Select } from "../ui/select.tsx"
import { FormDialog } from "./form-dialog.tsx"
import { FormText } from "./form-field.tsx"
import { StandingFields, useStanding } from "./person-fields.tsx"
import { Refused } from "./refused.tsx"

const lives = [
  { value: "30", name: "30 days" },
  { value: "90", name: "90 days" },
  { value: "365", name: "One year" },
  { value: "never", name: "Never" },
] as const

export function NewToken({ onClose }: { readonly onClose: () => void }) {
  const client = useQueryClient()
  const { data: session } = useQuery(sessionQuery)
  const mine = session?.role ?? "viewer"
  const [tried, setTried] = useState(false)
  const standing = useStanding("viewer")
  const form = useForm({
    resolver: zodResolver(createTokenBody),
    defaultValues: { name: "", scope: {}, expiresInDays: 90 as number | null },
  })
  const create = useMutation({
    mutationFn: (body: Sent<"createToken">["body"]) => call("createToken", { body }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: keys.tokens })
    },
  })
  if (create.data !== undefined) {
    const { name, token } = create.data
    return (
      <SecretOnce
        title={`Token ${name}`}
        what="token"
        secret={token}
        hint={
          <>
            Send it as <code className="font-mono">Authorization: Bearer …</code>
          </>
        }
        onClose={onClose}
      />
    )
  }
  return (
    <FormDialog
      title="New API token"
      verb="Make token"
      verbing="Making…"
      busy={create.isPending}
      onSubmit={() => {
        setTried(true)
        return form.handleSubmit((body) => {
          if (standing.read.kind === "ok")
            create.mutate({ ...body, role: standing.role, scope: { ...standing.read.labels } })
        })()
      }}
      onClose={onClose}
    >
      <Refused error={create.error}>
        <FormText
          control={form.control}
          name="name"
          label="Name"
          placeholder="backup-report"
          autoFocus
          help="Which program will use it"
        />
        <Controller
          control={form.control}
          name="expiresInDays"
          render={({ field }) => (
            <Select
              label="Expires after"
              choices={lives}
              value={
                lives.find(
                  ({ value }) => value === (field.value === null ? "never" : String(field.value)),
                )?.value
              }
              onChange={(life) => field.onChange(life === "never" ? null : Number(life))}
            />
          )}
        />
        <StandingFields
          standing={standing}
          tried={tried}
          roles={roles.filter((role) => isAtLeast(mine, role))}
          help="Narrows what you may see yourself. Empty: as you."
        />
      </Refused>
    </FormDialog>
  )
}
