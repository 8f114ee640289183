/** Taking an image into the catalogue. */
import { zodResolver } from "@hookform/resolvers/zod"
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query"
import { Controller, useForm } from "react-hook-form"
import { imageProblem } from "#core/cluster/image.ts"
import { createImageBody } from "#wire/rest/image-routes.ts"
import type { Sent } from "#wire/rest/routes.ts"
import { call } from "../api/client.ts"
import { catalogueKeys, imageVariantsQuery } from "../api/catalogue-queries.ts"
import { Checkbox } from "../ui/checkbox.tsx"
import { say } from "../ui/toast.tsx"
import { FormDialog } from "./form-dialog.tsx"
import { FormSelect, FormText } from "./form-field.tsx"
import { Refused } from "./refused.tsx"

const checked = createImageBody.superRefine(({ reference }, context) => {
  const problem = reference === "" ? undefined : imageProblem(reference)
  if (problem !== undefined)
    context.addIssue({ code: "custom", path: ["reference"], message: problem })
})

export function NewImage({ onClose }: { readonly onClose: () => void }) {
  const client = useQueryClient()
  const variants = useInfiniteQuery(imageVariantsQuery)
  const names = variants.data?.pages.flatMap(({ items }) => items) ?? []
  const form = useForm({
    resolver: zodResolver(checked),
    defaultValues: { variant: "debian", minor: "", reference: "", notes: "", isDefault: true },
  })
  const create = useMutation({
    mutationFn: (body: Sent<"createImage">["body"]) => call("createImage", { body }),
    onSuccess: async ({ variant, minor }) => {
      say(`${variant} ${minor} is in the catalogue.`)
      onClose()
      await client.invalidateQueries({ queryKey: catalogueKeys.images })
    },
  })
  return (
    <FormDialog
      title="New image"
      verb="Add image"
      busy={create.isPending}
      onSubmit={form.handleSubmit((body) => create.mutate(body))}
      onClose={onClose}
    >
      <Refused error={create.error}>
        <div className="grid gap-4 sm:grid-cols-2">
          <FormSelect
            control={form.control}
            name="variant"
            label="Variant"
            choices={names.map(({ name, description }) => ({
              value: name,
              name,
              help: description,
            }))}
          />
          <FormText
            control={form.control}
            name="minor"
            label="Version"
            placeholder="17.2"
            autoFocus
          />
        </div>
        <FormText
          control={form.control}
          name="reference"
          label="Reference"
          mono
          placeholder="docker.io/library/postgres:17.2@sha256:…"
          help="With a digest every member runs the very same image, also from a mirror"
        />
        <FormText
          control={form.control}
          name="notes"
          label="Notes"
          placeholder="PostGIS 3.5, pgvector 0.8"
        />
        <Controller
          control={form.control}
          name="isDefault"
          render={({ field }) => (
            <Checkbox
              label="What profiles of this variant and major version get from now on"
              value={field.value === true}
              onChange={field.onChange}
            />
          )}
        />
      </Refused>
    </FormDialog>
  )
}
