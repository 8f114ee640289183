/** Storage tiers: names that profiles use, and on how many sites each is mapped. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { createColumnHelper } from "@tanstack/react-table"
import { HardDrive, Plus } from "lucide-react"
import { useState } from "react"
import type { StorageTier } from "#wire/rest/storage-routes.ts"
import { call } from "../api/client.ts"
import { catalogueKeys, storageTiersQuery } from "../api/catalogue-queries.ts"
import { Only } from "../components/only.tsx"
import { PagedTable } from "../components/paged.tsx"
import { UsedBy } from "../components/used-by.tsx"
import { DeleteNamed } from "../forms/delete-named.tsx"
import { StorageTierForm } from "../forms/storage-tier.tsx"
import { Button } from "../ui/button.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Empty } from "../ui/states.tsx"
import { type Columns, type Features } from "../ui/table.tsx"
import { useTitle } from "../ui/title.ts"

const column = createColumnHelper<Features, StorageTier>()

const columns: Columns<StorageTier> = column.columns([
  column.accessor("name", {
    header: "Tier",
    meta: { names: true },
    cell: ({ row: { original: tier } }) => (
      <>
        <span className="font-medium">{tier.name}</span>
        {tier.description === "" ? null : (
          <span className="block text-xs text-ink-3">{tier.description}</span>
        )}
      </>
    ),
  }),
  column.display({
    id: "profiles",
    header: "Profiles",
    cell: ({ row: { original: tier } }) => <UsedBy profiles={tier.profiles} />,
  }),
  column.display({
    id: "mapped",
    header: "Mapped on",
    cell: ({ row: { original: tier } }) => <MappedOn tier={tier} />,
  }),
  column.display({
    id: "actions",
    header: "",
    meta: { align: "end", corner: true },
    cell: ({ row: { original: tier } }) => (
      <Only who="editStorageTier">
        <TierActions tier={tier} />
      </Only>
    ),
  }),
])

export function StorageTiersPage() {
  useTitle("Storage tiers")
  const [making, setMaking] = useState(false)
  const query = useInfiniteQuery(storageTiersQuery)
  const newTier = (
    <Only who="createStorageTier">
      <Button kind="primary" onPress={() => setMaking(true)}>
        <Plus aria-hidden className="size-3.5" />
        New tier
      </Button>
    </Only>
  )
  return (
    <>
      <PageHeader
        title="Storage tiers"
        lead="A name for storage that holds on every site. Each satellite maps it to a StorageClass of its own, on its page."
        actions={newTier}
      />
      <Panel>
        <PagedTable
          what="storage tiers"
          query={query}
          columns={columns}
          rowKey={({ name }) => name}
          empty={
            <Empty icon={HardDrive} title="No tier yet" action={newTier}>
              Make one for each kind of storage, such as fast and bulk, and let profiles name it
              instead of a StorageClass that is called otherwise on every site.
            </Empty>
          }
        />
      </Panel>
      {making ? <StorageTierForm onClose={() => setMaking(false)} /> : null}
    </>
  )
}

function MappedOn({ tier }: { readonly tier: StorageTier }) {
  const { mappedCount, satelliteCount } = tier
  const missing = satelliteCount - mappedCount
  return (
    <span className="tnum">
      {mappedCount} of {satelliteCount} satellites
      {missing > 0 && tier.profiles.length > 0 ? (
        <span className="block text-xs text-warn">
          {missing === 1 ? "one" : missing} without a mapping: clusters would wait there
        </span>
      ) : null}
    </span>
  )
}

function TierActions({ tier }: { readonly tier: StorageTier }) {
  const [open, setOpen] = useState<"edit" | "delete">()
  const close = () => setOpen(undefined)
  return (
    <span className="inline-flex gap-1.5">
      <Button small aria-label={`Edit ${tier.name}`} onPress={() => setOpen("edit")}>
        Edit
      </Button>
      <Button
        small
        kind="danger"
        aria-label={`Delete ${tier.name}`}
        onPress={() => setOpen("delete")}
      >
        Delete
      </Button>
      {open === "edit" ? <StorageTierForm tier={tier} onClose={close} /> : null}
      {open === "delete" ? (
        <DeleteNamed
          title={`Delete tier ${tier.name}?`}
          verb="Delete"
          verbing="Deleting…"
          done={`Tier ${tier.name} is deleted.`}
          run={() => call("deleteStorageTier", { params: { name: tier.name } })}
          stale={catalogueKeys.storageTiers}
          onClose={close}
        >
          Its mappings on {tier.mappedCount} satellites go with it. A tier that a profile or a
          cluster uses cannot be deleted.
        </DeleteNamed>
      ) : null}
    </span>
  )
}
