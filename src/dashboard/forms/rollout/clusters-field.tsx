/** Which clusters of the profile take part: all of them, or those that are ticked. */
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { impactQuery } from "../../api/intent-queries.ts"
import { Checkbox } from "../../ui/checkbox.tsx"
import { SearchField } from "../../ui/field.tsx"
import { countText } from "../../ui/format.ts"
import { RadioCards } from "../../ui/radio-cards.tsx"
import { LoadingRows } from "../../ui/states.tsx"
import type { RolloutValues } from "./values.ts"

type Props = {
  readonly profileId: string
  readonly values: RolloutValues
  readonly onChange: (values: RolloutValues) => void
  readonly problem: string | undefined
}

export function ClustersField({ profileId, values, onChange, problem }: Props) {
  const impact = useQuery(impactQuery(profileId, values.specVersion))
  const all = (impact.data?.groups ?? []).flatMap(({ clusters, fromVersion }) =>
    clusters.map((cluster) => ({ ...cluster, fromVersion })),
  )
  return (
    <div className="flex flex-col gap-3">
      <RadioCards
        label="Which clusters"
        value={values.chosen}
        onChange={(chosen) => onChange({ ...values, chosen })}
        error={problem}
        choices={[
          {
            value: "all",
            name: "Every cluster of the profile",
            help: countText(impact.data?.clusterCount ?? 0, "cluster"),
          },
          {
            value: "some",
            name: "Only some",
            help: `${values.clusterIds.length} chosen`,
          },
        ]}
      />
      {values.chosen === "all" ? null : impact.data === undefined ? (
        <LoadingRows what="the clusters" rows={2} />
      ) : (
        <Choose
          clusters={all}
          chosen={values.clusterIds}
          onChange={(clusterIds) => onChange({ ...values, clusterIds })}
        />
      )}
    </div>
  )
}

type Choice = {
  readonly id: string
  readonly name: string
  readonly satelliteName: string
  readonly fromVersion: number
  readonly isAway: boolean
}

type ChooseProps = {
  readonly clusters: readonly Choice[]
  readonly chosen: readonly string[]
  readonly onChange: (ids: readonly string[]) => void
}

const most = 100

function Choose({ clusters, chosen, onChange }: ChooseProps) {
  const [search, setSearch] = useState("")
  const found = clusters.filter(({ name, satelliteName }) =>
    `${name} ${satelliteName}`.toLowerCase().includes(search.trim().toLowerCase()),
  )
  return (
    <div className="flex flex-col gap-2">
      <SearchField
        label="Search the clusters"
        placeholder="Cluster or satellite"
        value={search}
        onChange={setSearch}
        className="max-w-xs"
      />
      <ul
        aria-label="Clusters of the profile"
        className="grid max-h-64 gap-x-6 gap-y-1 overflow-y-auto rounded-md border border-line p-3 sm:grid-cols-2"
      >
        {found.slice(0, most).map((cluster) => (
          <li key={cluster.id}>
            <Checkbox
              label={`${cluster.name} on ${cluster.satelliteName}, version ${cluster.fromVersion}${cluster.isAway ? ", away" : ""}`}
              value={chosen.includes(cluster.id)}
              onChange={(isChosen) =>
                onChange(
                  isChosen ? [...chosen, cluster.id] : chosen.filter((each) => each !== cluster.id),
                )
              }
            />
          </li>
        ))}
        {found.length > most ? (
          <li className="text-sm text-ink-3">and {found.length - most} more; search for them</li>
        ) : null}
        {found.length === 0 ? <li className="text-sm text-ink-3">None is called so.</li> : null}
      </ul>
    </div>
  )
}
