/** A new variant of images, or another description of one that is there. */
import { zodResolver } from "@hookform/resolvers/zod"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useForm } from "react-hook-form"
import * as z from "zod"
import { createImageVariantBody, type ImageVariant } from "#wire/rest/image-routes.ts"
import { call } from "../api/client.ts"
import { catalogueKeys } from "../api/catalogue-queries.ts"
import { say } from "../ui/toast.tsx"
import { FormDialog } from "./form-dialog.tsx"
import { FormText } from "./form-field.tsx"
import { Refused } from "./refused.tsx"

type Props = { readonly variant?: ImageVariant; readonly onClose: () => void }

const typed = createImageVariantBody.extend({
  uid: z
    .string()
    .trim()
    .regex(/^\d+$/, "a whole number from 1 to 65535")
    .transform(Number)
    .pipe(createImageVariantBody.shape.uid),
})

export function ImageVariantForm({ variant, onClose }: Props) {
  const client = useQueryClient()
  const form = useForm({
    resolver: zodResolver(typed),
    defaultValues: {
      name: variant?.name ?? "",
      description: variant?.description ?? "",
      uid: String(variant?.uid ?? 999),
    },
  })
  const save = useMutation({
    mutationFn: (body: z.output<typeof typed>) =>
      variant === undefined
        ? call("createImageVariant", { body })
        : call("editImageVariant", {
            params: { name: variant.name },
            body: { version: variant.version, description: body.description },
          }),
    onSuccess: ({ name }) => {
      say(`Variant ${name} is saved.`)
      onClose()
    },
    onSettled: () => client.invalidateQueries({ queryKey: catalogueKeys.images }),
  })
  return (
    <FormDialog
      title={variant === undefined ? "New variant" : `Edit variant ${variant.name}`}
      busy={save.isPending}
      onSubmit={form.handleSubmit((body) => save.mutate(body))}
      onClose={onClose}
    >
      <Refused error={save.error}>
        {variant === undefined ? (
          <>
            <FormText
              control={form.control}
              name="name"
              label="Name"
              placeholder="debian-postgis"
              autoFocus
              help="Profiles name it, so it stays as it is"
            />
            <FormText
              control={form.control}
              name="uid"
              label="User of the server"
              help="The number that postgres has in its images. It stays as it is, because the files of clusters belong to it: 999 in Debian's images, 70 in Alpine's."
            />
          </>
        ) : null}
        <FormText
          control={form.control}
          name="description"
          label="Description"
          placeholder="Debian with PostGIS 3.5"
          autoFocus={variant !== undefined}
        />
      </Refused>
    </FormDialog>
  )
}
