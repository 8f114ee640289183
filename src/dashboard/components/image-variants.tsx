/** The variants of images: what they have in common, and as whom PostgreSQL runs in them. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { Plus } from "lucide-react"
import { useState } from "react"
import type { ImageVariant } from "#wire/rest/image-routes.ts"
import { call } from "../api/client.ts"
import { catalogueKeys, imageVariantsQuery } from "../api/catalogue-queries.ts"
import { DeleteNamed } from "../forms/delete-named.tsx"
import { ImageVariantForm } from "../forms/image-variant.tsx"
import { Button } from "../ui/button.tsx"
import { countText } from "../ui/format.ts"
import { Panel } from "../ui/panel.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { LoadFailed } from "./load-failed.tsx"
import { Only } from "./only.tsx"
import { UsedBy } from "./used-by.tsx"

export function ImageVariants() {
  const query = useInfiniteQuery(imageVariantsQuery)
  const variants = query.data?.pages.flatMap(({ items }) => items) ?? []
  const [making, setMaking] = useState(false)
  return (
    <Panel
      title="Variants"
      aside={
        <Only who="createImageVariant">
          <Button small onPress={() => setMaking(true)}>
            <Plus aria-hidden className="size-3.5" />
            New variant
          </Button>
        </Only>
      }
    >
      {query.isPending ? (
        <LoadingRows what="variants" rows={2} />
      ) : query.isError ? (
        <LoadFailed
          what="The variants"
          error={query.error}
          retry={query.refetch}
          retrying={query.isFetching}
        />
      ) : (
        <ul className="divide-y divide-line">
          {variants.map((variant) => (
            <Variant key={variant.name} variant={variant} />
          ))}
        </ul>
      )}
      {making ? <ImageVariantForm onClose={() => setMaking(false)} /> : null}
    </Panel>
  )
}

function Variant({ variant }: { readonly variant: ImageVariant }) {
  const { name, description, uid, imageCount, profiles } = variant
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-2.5">
      <span className="font-medium">{name}</span>
      <span className="min-w-0 flex-1 text-sm text-ink-2 max-sm:basis-full">{description}</span>
      <span className="tnum text-xs text-ink-3">
        user {uid}, {countText(imageCount, "image")}
      </span>
      <span className="text-xs text-ink-3">
        Profiles: <UsedBy profiles={profiles} />
      </span>
      <VariantActions variant={variant} />
    </li>
  )
}

function VariantActions({ variant }: { readonly variant: ImageVariant }) {
  const [open, setOpen] = useState<"edit" | "delete">()
  const close = () => setOpen(undefined)
  const { name } = variant
  return (
    <Only who="editImageVariant">
      <span className="inline-flex gap-1.5">
        <Button small aria-label={`Edit variant ${name}`} onPress={() => setOpen("edit")}>
          Edit
        </Button>
        <Button
          small
          kind="danger"
          aria-label={`Delete variant ${name}`}
          onPress={() => setOpen("delete")}
        >
          Delete
        </Button>
      </span>
      {open === "edit" ? <ImageVariantForm variant={variant} onClose={close} /> : null}
      {open === "delete" ? (
        <DeleteNamed
          title={`Delete variant ${name}?`}
          verb="Delete"
          verbing="Deleting…"
          done={`Variant ${name} is deleted.`}
          run={() => call("deleteImageVariant", { params: { name } })}
          stale={catalogueKeys.images}
          onClose={close}
        >
          No profile can choose it any more. A variant that has images, or that a profile chooses,
          cannot be deleted.
        </DeleteNamed>
      ) : null}
    </Only>
  )
}
