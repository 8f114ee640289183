/** Parameters of postgresql.conf: those that the profile sets, and PostgreSQL's own table to choose from. */
import { useQuery } from "@tanstack/react-query"
import { Plus } from "lucide-react"
import { useCallback, useMemo } from "react"
import { useFieldArray, useWatch } from "react-hook-form"
import { parametersOf } from "#core/cluster/parameters.ts"
import { profileSpec } from "#wire/profile-spec.ts"
import { profileSpecSchema } from "#wire/rest/profiles.ts"
import { parametersQuery } from "../../api/intent-queries.ts"
import { LoadFailed } from "../../components/load-failed.tsx"
import { Button } from "../../ui/button.tsx"
import { countText } from "../../ui/format.ts"
import { LoadingRows } from "../../ui/states.tsx"
import { ParameterCatalog } from "./parameter-catalog.tsx"
import { ParameterRow } from "./parameter-row.tsx"
import type { SectionProps } from "./sections.tsx"
import { bodyOf, type ProfileValues } from "./values.ts"

export function ParametersSection({ control }: SectionProps) {
  const { fields, append, remove } = useFieldArray({ control, name: "parameters" })
  const major = useWatch({ control, name: "major" })
  const chosen = useWatch({ control, name: "parameters" })
  const table = useQuery(parametersQuery(major))
  const otherwise = useOtherwise(useWatch({ control, compute: withoutParameters }))
  const names = chosen.map(({ name }) => name.trim().toLowerCase()).join("\n")
  const { data: known } = table
  // The table of three hundred below is rendered anew when another one is set, not with every key.
  const isSet = useMemo(() => {
    const set = new Set(names.split("\n"))
    return (name: string) => set.has(name)
  }, [names])
  const standardOf = useCallback(
    (name: string) => {
      const ours = otherwise.get(name)
      if (ours !== undefined) return { value: ours, whose: "pg-swarm" as const }
      const theirs = known?.get(name)?.standard ?? undefined
      return theirs === undefined ? undefined : { value: theirs, whose: "PostgreSQL" as const }
    },
    [otherwise, known],
  )
  const add = useCallback(
    (name: string) => append({ name, value: standardOf(name)?.value ?? "" }),
    [append, standardOf],
  )
  return (
    <div className="flex flex-col gap-6">
      <section aria-label="Set by this profile" className="flex flex-col gap-2">
        <h3 className="text-sm font-semibold">
          Set by this profile{" "}
          <span className="font-normal text-ink-3">{countText(fields.length, "parameter")}</span>
        </h3>
        {fields.length === 0 ? (
          <p className="text-sm text-ink-2">
            None: each has PostgreSQL's default, or what pg-swarm sets for replication and memory.
          </p>
        ) : (
          <ul className="divide-y divide-line rounded-md border border-line">
            {fields.map((row, at) => (
              <ParameterRow
                key={row.id}
                control={control}
                at={at}
                name={chosen[at]?.name ?? ""}
                // As it was when the row was made: a name that is being typed stays a field.
                isNamed={table.data?.has(row.name.trim().toLowerCase()) === true}
                parameter={table.data?.get(chosen[at]?.name.trim().toLowerCase() ?? "")}
                standard={standardOf(chosen[at]?.name.trim().toLowerCase() ?? "")}
                onRemove={() => remove(at)}
              />
            ))}
          </ul>
        )}
        <div>
          <Button small onPress={() => append({ name: "", value: "" })}>
            <Plus aria-hidden className="size-3.5" />
            Add by name
          </Button>
        </div>
      </section>
      <section aria-label={`All parameters of PostgreSQL ${major}`} className="flex flex-col gap-2">
        <h3 className="text-sm font-semibold">All parameters of PostgreSQL {major}</h3>
        <p className="max-w-prose text-sm text-ink-2">
          What replication and safety rest on is set by pg-swarm and is not in this list.
        </p>
        {table.data === undefined ? (
          table.isError ? (
            <LoadFailed
              what="The table of parameters"
              error={table.error}
              retry={table.refetch}
              retrying={table.isFetching}
            />
          ) : (
            <LoadingRows what="the parameters" rows={4} />
          )
        ) : (
          <ParameterCatalog table={table.data} isSet={isSet} standardOf={standardOf} onAdd={add} />
        )}
      </section>
    </div>
  )
}

const withoutParameters = (values: ProfileValues) =>
  JSON.stringify({ ...bodyOf(values).spec, parameters: {} })

/** What pg-swarm sets where the profile says nothing; it follows memory, members and volumes as they are typed. */
const useOtherwise = (specText: string): ReadonlyMap<string, string> =>
  useMemo(() => {
    const spec = profileSpecSchema.safeParse(JSON.parse(specText))
    return spec.success ? parametersOf(profileSpec(spec.data)) : new Map<string, string>()
  }, [specText])
