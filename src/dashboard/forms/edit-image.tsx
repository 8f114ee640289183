/** Another reference or other notes for an image of the catalogue. Profiles keep the reference that they have. */
import { zodResolver } from "@hookform/resolvers/zod"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useForm } from "react-hook-form"
import * as z from "zod"
import { imageProblem } from "#core/cluster/image.ts"
import type { Image } from "#wire/rest/image-routes.ts"
import { call } from "../api/client.ts"
import { catalogueKeys } from "../api/catalogue-queries.ts"
import { Notice } from "../ui/notice.tsx"
import { say } from "../ui/toast.tsx"
import { FormDialog } from "./form-dialog.tsx"
import { FormText } from "./form-field.tsx"
import { Refused } from "./refused.tsx"

const checked = z
  .object({ reference: z.string().trim(), notes: z.string().trim().max(1000) })
  .superRefine(({ reference }, context) => {
    const problem = reference === "" ? "fill this in" : imageProblem(reference)
    if (problem !== undefined)
      context.addIssue({ code: "custom", path: ["reference"], message: problem })
  })

type Props = { readonly image: Image; readonly onClose: () => void }

export function EditImage({ image, onClose }: Props) {
  const client = useQueryClient()
  const name = `${image.variant} ${image.minor}`
  const form = useForm({
    resolver: zodResolver(checked),
    defaultValues: { reference: image.reference, notes: image.notes },
  })
  const save = useMutation({
    mutationFn: (typed: z.output<typeof checked>) =>
      call("editImage", { params: { id: image.id }, body: { version: image.version, ...typed } }),
    onSuccess: async () => {
      say(`${name} is saved.`)
      onClose()
    },
    onSettled: () => client.invalidateQueries({ queryKey: catalogueKeys.images }),
  })
  const isOther = form.watch("reference").trim() !== image.reference
  return (
    <FormDialog
      title={`Edit ${name}`}
      busy={save.isPending}
      onSubmit={form.handleSubmit((typed) => save.mutate(typed))}
      onClose={onClose}
    >
      <Refused error={save.error}>
        <FormText control={form.control} name="reference" label="Reference" mono autoFocus />
        <FormText
          control={form.control}
          name="notes"
          label="Notes"
          placeholder="PostGIS 3.5, pgvector 0.8"
        />
        {isOther && image.profiles.length > 0 ? (
          <Notice tone="busy">
            {image.profiles.map((one) => one.name).join(", ")} keep the reference that they have,
            and are told that there is a newer image. No cluster moves by this.
          </Notice>
        ) : null}
      </Refused>
    </FormDialog>
  )
}
