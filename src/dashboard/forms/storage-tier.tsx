/** A new storage tier, or another description of one that is there. */
import { zodResolver } from "@hookform/resolvers/zod"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useForm } from "react-hook-form"
import { createStorageTierBody, type StorageTier } from "#wire/rest/storage-routes.ts"
import { call } from "../api/client.ts"
import { catalogueKeys } from "../api/catalogue-queries.ts"
import { say } from "../ui/toast.tsx"
import { FormDialog } from "./form-dialog.tsx"
import { FormText } from "./form-field.tsx"
import { Refused } from "./refused.tsx"

type Props = { readonly tier?: StorageTier; readonly onClose: () => void }

export function StorageTierForm({ tier, onClose }: Props) {
  const client = useQueryClient()
  const form = useForm({
    resolver: zodResolver(createStorageTierBody),
    defaultValues: { name: tier?.name ?? "", description: tier?.description ?? "" },
  })
  const save = useMutation({
    mutationFn: ({ name, description }: { name: string; description: string }) =>
      tier === undefined
        ? call("createStorageTier", { body: { name, description } })
        : call("editStorageTier", {
            params: { name },
            body: { version: tier.version, description },
          }),
    onSuccess: async ({ name }) => {
      say(`Tier ${name} is saved.`)
      onClose()
      await client.invalidateQueries({ queryKey: catalogueKeys.storageTiers })
    },
  })
  return (
    <FormDialog
      title={tier === undefined ? "New storage tier" : `Edit tier ${tier.name}`}
      busy={save.isPending}
      onSubmit={form.handleSubmit((body) => save.mutate(body))}
      onClose={onClose}
    >
      <Refused error={save.error}>
        {tier === undefined ? (
          <FormText
            control={form.control}
            name="name"
            label="Name"
            placeholder="fast"
            autoFocus
            help="Profiles name it, so it stays as it is"
          />
        ) : null}
        <FormText
          control={form.control}
          name="description"
          label="Description"
          placeholder="Local NVMe"
          help="What one may expect of it, for whoever maps it on a site"
        />
      </Refused>
    </FormDialog>
  )
}
