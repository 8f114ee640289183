/** The smaller tabs of the profile editor. Each knows its fields and nothing of the sending. */
import { useQuery } from "@tanstack/react-query"
import {
  type Control,
  Controller,
  type UseFormReturn,
  useController,
  useWatch,
} from "react-hook-form"
import type { StorageTier } from "#wire/rest/storage-routes.ts"
import { storageTiersQuery } from "../../api/intent-queries.ts"
import { Checkbox } from "../../ui/checkbox.tsx"
import { Select } from "../../ui/select.tsx"
import { FormSelect, FormText } from "../form-field.tsx"
import { useNotes } from "../notes.tsx"
import { ImageFields } from "./image-fields.tsx"
import { type ProfileValues, sizeUnits } from "./values.ts"

export type SectionProps = { readonly control: Control<ProfileValues> }

export const sectionGrid = "grid max-w-3xl gap-4 sm:grid-cols-2"

type GeneralProps = { readonly form: UseFormReturn<ProfileValues>; readonly isNew: boolean }

export const GeneralSection = ({ form, form: { control }, isNew }: GeneralProps) => (
  <div className={sectionGrid}>
    <FormText
      control={control}
      name="name"
      label="Name"
      placeholder="edge-standard"
      autoFocus={isNew}
      help="Lower-case letters, digits and '-'"
    />
    <FormText
      control={control}
      name="members"
      label="Members"
      help="Primary included, 1 to 9. Three survive the loss of one and still agree."
    />
    <FormText
      control={control}
      name="description"
      label="Description"
      lines={2}
      className="sm:col-span-2"
    />
    <ImageFields form={form} />
  </div>
)

export function VolumesSection({ control }: SectionProps) {
  const hasWal = useWatch({ control, name: "hasWal" })
  return (
    <div className="flex flex-col gap-5">
      <VolumeFields control={control} volume="data" legend="Data" />
      <Controller
        control={control}
        name="hasWal"
        render={({ field }) => (
          <Checkbox
            label="Keep WAL on a volume of its own"
            value={field.value}
            onChange={field.onChange}
          />
        )}
      />
      {hasWal ? <VolumeFields control={control} volume="wal" legend="WAL" /> : null}
    </div>
  )
}

type VolumeProps = SectionProps & { readonly volume: "data" | "wal"; readonly legend: string }

function VolumeFields({ control, volume, legend }: VolumeProps) {
  const tiers = useQuery(storageTiersQuery).data?.items ?? []
  const tier = useWatch({ control, name: `${volume}.tier` })
  return (
    <fieldset className="grid max-w-3xl gap-4 sm:grid-cols-[10rem_7rem_1fr]">
      <legend className="mb-2 text-sm font-semibold">{legend}</legend>
      <FormText control={control} name={`${volume}.size`} label="Size" />
      <FormSelect
        control={control}
        name={`${volume}.unit`}
        label="Unit"
        choices={sizeUnits.map((unit) => ({ value: unit, name: unit }))}
      />
      {tiers.length === 0 && tier === "" ? null : (
        <TierField control={control} volume={volume} tiers={tiers} />
      )}
      {tier === "" ? (
        <FormText
          control={control}
          name={`${volume}.storageClass`}
          label="Storage class"
          mono
          placeholder="the site's default"
          help="Must exist at every site that the profile reaches"
          className={tiers.length === 0 ? "" : "sm:col-start-3"}
        />
      ) : null}
    </fieldset>
  )
}

const noTier = "by class"

type TierProps = SectionProps & {
  readonly volume: "data" | "wal"
  readonly tiers: readonly StorageTier[]
}

function TierField({ control, volume, tiers }: TierProps) {
  const name = `${volume}.tier` as const
  const { error } = useNotes(name)
  const { field } = useController({ control, name })
  const isKnown = field.value === "" || tiers.some((tier) => tier.name === field.value)
  return (
    <Select
      label="Storage tier"
      choices={[
        { value: noTier, name: "none", help: "Of a class, or of the site's default" },
        ...tiers.map((tier) => ({
          value: tier.name,
          name: tier.name,
          help: `on ${tier.mappedCount} of ${tier.satelliteCount} satellites`,
        })),
        ...(isKnown ? [] : [{ value: field.value, name: field.value }]),
      ]}
      value={field.value === "" ? noTier : field.value}
      onChange={(chosen) => field.onChange(chosen === noTier ? "" : chosen)}
      error={error}
    />
  )
}

export const ResourcesSection = ({ control }: SectionProps) => (
  <div className={sectionGrid}>
    <FormText
      control={control}
      name="cpuRequest"
      label="CPU request"
      mono
      placeholder="none"
      help="Such as 250m or 2"
    />
    <FormText
      control={control}
      name="cpuLimit"
      label="CPU limit"
      mono
      placeholder="none"
      help="Throttles; usually better left empty"
    />
    <FormText
      control={control}
      name="memoryRequest"
      label="Memory request"
      mono
      placeholder="none"
      help="Such as 512Mi or 2Gi"
    />
    <FormText
      control={control}
      name="memoryLimit"
      label="Memory limit"
      mono
      placeholder="none"
      help="PostgreSQL is killed above it. pg-swarm sets shared_buffers to a quarter of it."
    />
  </div>
)
