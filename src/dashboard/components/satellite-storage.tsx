/** The storage of a site: its StorageClasses, and what the fleet's tiers mean there. */
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query"
import { RefreshCw } from "lucide-react"
import { useState } from "react"
import type { Satellite } from "#wire/rest/satellites.ts"
import { call } from "../api/client.ts"
import { catalogueKeys, storageTiersQuery } from "../api/catalogue-queries.ts"
import { keys } from "../api/queries.ts"
import { Button } from "../ui/button.tsx"
import { Notice } from "../ui/notice.tsx"
import { Panel } from "../ui/panel.tsx"
import { Select } from "../ui/select.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { complain, say } from "../ui/toast.tsx"
import { DeedFailed, LoadFailed } from "./load-failed.tsx"
import { Only } from "./only.tsx"

type Props = { readonly satellite: Satellite }

export function SatelliteStorage({ satellite }: Props) {
  const isHere = satellite.state === "connected" || satellite.state === "late"
  const refresh = useMutation({
    mutationFn: () => call("refreshStorageClasses", { params: { id: satellite.id } }),
    onSuccess: () => say(`${satellite.name} is asked for its StorageClasses.`),
    onError: () => complain(`${satellite.name} could not be asked for its StorageClasses.`),
  })
  return (
    <Panel
      title="Storage"
      aside={
        <Only who="refreshStorageClasses">
          <Button
            small
            isDisabled={!isHere}
            isPending={refresh.isPending}
            onPress={() => refresh.mutate()}
          >
            <RefreshCw aria-hidden className="size-3.5" />
            Ask for its classes
          </Button>
        </Only>
      }
    >
      <div className="flex flex-col gap-4 p-4">
        <Classes satellite={satellite} />
        <Only who="mapTiers" otherwise={<Mapped satellite={satellite} />}>
          <Mapping satellite={satellite} key={satellite.version} />
        </Only>
      </div>
    </Panel>
  )
}

function Classes({ satellite }: Props) {
  const { storageClasses, defaultStorageClass } = satellite
  return (
    <div>
      <h3 className="text-sm font-medium">StorageClasses</h3>
      {storageClasses.length === 0 ? (
        <p className="mt-1 text-sm text-ink-3">None reported yet.</p>
      ) : (
        <ul className="mt-1.5 flex flex-wrap gap-1.5">
          {storageClasses.map((name) => (
            <li key={name} className="rounded-md bg-sunken px-2 py-0.5 font-mono text-xs">
              {name}
              {name === defaultStorageClass ? (
                <span className="font-sans text-ink-2"> · default</span>
              ) : null}
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

/** The mapping, for those who may only read it. */
function Mapped({ satellite: { tiers } }: Props) {
  const mapped = Object.entries(tiers)
  return (
    <div>
      <h3 className="text-sm font-medium">What tiers mean here</h3>
      {mapped.length === 0 ? (
        <p className="mt-1 text-sm text-ink-3">No tier is mapped.</p>
      ) : (
        <ul className="mt-1.5 flex flex-col gap-1 text-sm">
          {mapped.map(([tier, storageClass]) => (
            <li key={tier}>
              {tier} is <code className="font-mono text-xs">{storageClass}</code>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}

const unmapped = "not-mapped"

function Mapping({ satellite }: Props) {
  const client = useQueryClient()
  const query = useInfiniteQuery(storageTiersQuery)
  const [mapping, setMapping] = useState<Readonly<Record<string, string>>>(satellite.tiers)
  const save = useMutation({
    mutationFn: () =>
      call("mapTiers", {
        params: { id: satellite.id },
        body: { version: satellite.version, tiers: mapping },
      }),
    onSuccess: async (saved) => {
      client.setQueryData([...keys.satellite, saved.id], saved)
      say(`What tiers mean on ${saved.name} is saved.`)
      await client.invalidateQueries({ queryKey: catalogueKeys.storageTiers })
    },
  })
  const tiers = query.data?.pages.flatMap(({ items }) => items) ?? []
  if (query.isPending) return <LoadingRows what="storage tiers" rows={2} />
  if (query.isError)
    return (
      <LoadFailed
        what="The storage tiers"
        error={query.error}
        retry={query.refetch}
        retrying={query.isFetching}
      />
    )
  if (tiers.length === 0)
    return (
      <p className="text-sm text-ink-2">
        There are no <TextLink to="/storage-tiers">storage tiers</TextLink> to be mapped.
      </p>
    )
  const choicesFor = (tier: string) => {
    const now = mapping[tier]
    const names = new Set([...satellite.storageClasses, ...(now === undefined ? [] : [now])])
    return [
      { value: unmapped, name: "Not mapped", help: "Clusters on this tier wait here" },
      ...[...names].map((name) => ({
        value: name,
        name,
        ...(name === satellite.defaultStorageClass ? { help: "Default class of the site" } : {}),
        ...(satellite.storageClasses.includes(name) ? {} : { help: "Not there any more" }),
      })),
    ]
  }
  const helpOf = (storageClass: string | undefined, description: string) => {
    if (storageClass !== undefined && !satellite.storageClasses.includes(storageClass))
      return { error: `${storageClass} is not there any more: clusters on this tier wait here` }
    return description === "" ? {} : { help: description }
  }
  const choose = (tier: string, storageClass: string): void => {
    const { [tier]: _before, ...others } = mapping
    setMapping(storageClass === unmapped ? others : { ...others, [tier]: storageClass })
  }
  const isChanged = tiers.some(({ name }) => mapping[name] !== satellite.tiers[name])
  return (
    <form
      noValidate
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        save.mutate()
      }}
    >
      <h3 className="text-sm font-medium">What tiers mean here</h3>
      <DeedFailed error={save.error} />
      <div className="grid gap-3 sm:grid-cols-2 lg:grid-cols-3">
        {tiers.map(({ name, description }) => (
          <Select
            key={name}
            label={name}
            choices={choicesFor(name)}
            value={mapping[name] ?? unmapped}
            onChange={(value) => choose(name, value)}
            {...helpOf(mapping[name], description)}
          />
        ))}
      </div>
      {isChanged ? (
        <Notice tone="busy">
          This decides where volumes of new clusters are made. Volumes that exist keep their class;
          clusters that wait for a tier go on once it is mapped.
        </Notice>
      ) : null}
      <div className="flex gap-2">
        <Button type="submit" kind="primary" isDisabled={!isChanged} isPending={save.isPending}>
          {save.isPending ? "Saving…" : "Save mapping"}
        </Button>
        {isChanged ? (
          <Button isDisabled={save.isPending} onPress={() => setMapping(satellite.tiers)}>
            Undo
          </Button>
        ) : null}
      </div>
    </form>
  )
}
