/** The catalogue of PostgreSQL's images, and the mirror that sites pull them from. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { createColumnHelper } from "@tanstack/react-table"
import { Package, Plus } from "lucide-react"
import { useState } from "react"
import type { Image } from "#wire/rest/image-routes.ts"
import { call } from "../api/client.ts"
import { catalogueKeys, imagesQuery } from "../api/catalogue-queries.ts"
import { ImageMirror } from "../components/image-mirror.tsx"
import { ImageVariants } from "../components/image-variants.tsx"
import { Only } from "../components/only.tsx"
import { PagedTable } from "../components/paged.tsx"
import { UsedBy } from "../components/used-by.tsx"
import { ConfirmDeed, DeleteNamed } from "../forms/delete-named.tsx"
import { EditImage } from "../forms/edit-image.tsx"
import { NewImage } from "../forms/new-image.tsx"
import { Badge } from "../ui/badge.tsx"
import { Button } from "../ui/button.tsx"
import { countText } from "../ui/format.ts"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Empty } from "../ui/states.tsx"
import { type Columns, type Features } from "../ui/table.tsx"
import { useTitle } from "../ui/title.ts"

const column = createColumnHelper<Features, Image>()

const columns: Columns<Image> = column.columns([
  column.accessor("minor", {
    header: "Version",
    meta: { names: true },
    cell: ({ row: { original: image } }) => (
      <span className="flex flex-wrap items-center gap-2">
        <span className="tnum font-medium">{image.minor}</span>
        <span className="text-ink-2">{image.variant}</span>
        {image.isDefault ? <Badge tone="good">Default</Badge> : null}
      </span>
    ),
  }),
  column.accessor("reference", {
    header: "Reference",
    meta: { line: true },
    cell: ({ row: { original: image } }) => (
      <>
        <code className="font-mono text-xs break-all">{image.reference}</code>
        {image.notes === "" ? null : (
          <span className="block text-xs text-ink-3">{image.notes}</span>
        )}
      </>
    ),
  }),
  column.display({
    id: "profiles",
    header: "Profiles",
    cell: ({ row: { original: image } }) => <UsedBy profiles={image.profiles} />,
  }),
  column.accessor("clusterCount", {
    header: "Clusters",
    meta: { align: "end" },
    cell: ({ row: { original: image } }) => <span className="tnum">{image.clusterCount}</span>,
  }),
  column.display({
    id: "actions",
    header: "",
    meta: { align: "end", corner: true },
    cell: ({ row: { original: image } }) => <ImageActions image={image} />,
  }),
])

export function ImagesPage() {
  useTitle("Images")
  const [making, setMaking] = useState(false)
  const query = useInfiniteQuery(imagesQuery)
  const newImage = (
    <Only who="createImage">
      <Button kind="primary" onPress={() => setMaking(true)}>
        <Plus aria-hidden className="size-3.5" />
        New image
      </Button>
    </Only>
  )
  return (
    <>
      <PageHeader
        title="Images"
        lead="What profiles choose from by variant and version. A profile's version keeps the reference that it got; another default is offered there as a newer image."
        actions={newImage}
      />
      <div className="flex flex-col gap-4">
        <Panel>
          <PagedTable
            what="images"
            query={query}
            columns={columns}
            rowKey={({ id }) => id}
            empty={
              <Empty icon={Package} title="The catalogue is empty" action={newImage}>
                Profiles name their image themselves. Put images here to change versions in one
                place and to see who is behind.
              </Empty>
            }
          />
        </Panel>
        <ImageVariants />
        <ImageMirror />
      </div>
      {making ? <NewImage onClose={() => setMaking(false)} /> : null}
    </>
  )
}

function ImageActions({ image }: { readonly image: Image }) {
  const [open, setOpen] = useState<"edit" | "prefer" | "delete">()
  const close = () => setOpen(undefined)
  const name = `${image.variant} ${image.minor}`
  return (
    <Only who="editImage">
      <span className="inline-flex gap-1.5 whitespace-nowrap">
        {image.isDefault ? null : (
          <Button small aria-label={`Make ${name} the default`} onPress={() => setOpen("prefer")}>
            Make default
          </Button>
        )}
        <Button small aria-label={`Edit ${name}`} onPress={() => setOpen("edit")}>
          Edit
        </Button>
        <Button
          small
          kind="danger"
          aria-label={`Take ${name} out`}
          onPress={() => setOpen("delete")}
        >
          Take out
        </Button>
      </span>
      {open === "edit" ? <EditImage image={image} onClose={close} /> : null}
      {open === "prefer" ? (
        <ConfirmDeed
          title={`Make ${name} the default?`}
          verb="Make default"
          verbing="Saving…"
          done={`${name} is what profiles get from now on.`}
          run={() =>
            call("editImage", {
              params: { id: image.id },
              body: { version: image.version, isDefault: true },
            })
          }
          stale={catalogueKeys.images}
          onClose={close}
        >
          Versions of profiles that are made from now on get it, where they choose {image.variant}{" "}
          of PostgreSQL {image.major} without a minor version. Profiles that have another one are
          told of a newer image; no cluster moves by this.
        </ConfirmDeed>
      ) : null}
      {open === "delete" ? (
        <DeleteNamed
          title={`Take ${name} out of the catalogue?`}
          verb="Take out"
          verbing="Taking out…"
          done={`${name} is out of the catalogue.`}
          run={() => call("deleteImage", { params: { id: image.id } })}
          stale={catalogueKeys.images}
          onClose={close}
        >
          {image.clusterCount === 0
            ? "No cluster runs with it."
            : `${countText(image.clusterCount, "cluster")} ${image.clusterCount === 1 ? "has it and runs" : "have it and run"} on.`}{" "}
          An image that the newest version of a profile has cannot be taken out, nor a default
          beside others.
        </DeleteNamed>
      ) : null}
    </Only>
  )
}
