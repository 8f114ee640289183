/** The tabs of the profile form. Each knows its fields and nothing of the sending. */
import { Plus, X } from "lucide-react"
import { type Control, Controller, useFieldArray, useWatch } from "react-hook-form"
import { durabilities, postgresMajors, presets } from "#core/cluster/spec.ts"
import { durabilityLook, presetLook } from "../domain/words.ts"
import { Button, IconButton } from "../ui/button.tsx"
import { Checkbox } from "../ui/checkbox.tsx"
import { RadioCards } from "../ui/radio-cards.tsx"
import { Select } from "../ui/select.tsx"
import { FormSelect, FormText } from "./form-field.tsx"
import { type ProfileBody, type ProfileValues, sizeUnits } from "./profile-values.ts"

type Props = { readonly control: Control<ProfileValues, unknown, ProfileBody> }

const grid = "grid max-w-3xl gap-4 sm:grid-cols-2"

type GeneralProps = Props & { readonly onMajor: (before: string, after: string) => void }

export const GeneralSection = ({ control, onMajor }: GeneralProps) => (
  <div className={grid}>
    <FormText
      control={control}
      name="name"
      label="Name"
      placeholder="edge-standard"
      autoFocus
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
    <Controller
      control={control}
      name="major"
      render={({ field }) => (
        <Select
          label="PostgreSQL version"
          choices={postgresMajors.map((major) => ({
            value: `${major}` as const,
            name: `PostgreSQL ${major}`,
          }))}
          value={field.value}
          onChange={(major) => {
            onMajor(field.value, major)
            field.onChange(major)
          }}
        />
      )}
    />
    <FormText
      control={control}
      name="image"
      label="Image"
      mono
      help="The stock postgres image, or a mirror of it that the sites reach"
    />
  </div>
)

export function VolumesSection({ control }: Props) {
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

type VolumeProps = Props & { readonly volume: "data" | "wal"; readonly legend: string }

const VolumeFields = ({ control, volume, legend }: VolumeProps) => (
  <fieldset className="grid max-w-3xl gap-4 sm:grid-cols-[10rem_7rem_1fr]">
    <legend className="mb-2 text-sm font-semibold">{legend}</legend>
    <FormText control={control} name={`${volume}.size`} label="Size" />
    <FormSelect
      control={control}
      name={`${volume}.unit`}
      label="Unit"
      choices={sizeUnits.map((unit) => ({ value: unit, name: unit }))}
    />
    <FormText
      control={control}
      name={`${volume}.storageClass`}
      label="Storage class"
      mono
      placeholder="the site's default"
      help="Must exist at every site that the profile reaches"
    />
  </fieldset>
)

export const ResourcesSection = ({ control }: Props) => (
  <div className="flex flex-col gap-4">
    <div className={grid}>
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
        help="PostgreSQL is killed above it"
      />
    </div>
  </div>
)

export function ParametersSection({ control }: Props) {
  const { fields, append, remove } = useFieldArray({ control, name: "parameters" })
  return (
    <div className="flex max-w-3xl flex-col gap-2">
      <p className="mb-1 max-w-prose text-sm text-ink-2">
        Parameters of postgresql.conf. What replication and safety rest on is set by pg-swarm and
        refused here.
      </p>
      {fields.map((row, place) => (
        <div key={row.id} className="flex items-start gap-1.5">
          <FormText
            control={control}
            name={`parameters.${place}.name`}
            label={`Name of parameter ${place + 1}`}
            labelHidden
            mono
            placeholder="work_mem"
            className="flex-1"
          />
          <span aria-hidden className="leading-8 text-ink-3">
            =
          </span>
          <FormText
            control={control}
            name={`parameters.${place}.value`}
            label={`Value of parameter ${place + 1}`}
            labelHidden
            mono
            placeholder="16MB"
            className="flex-1"
          />
          <IconButton label={`Remove parameter ${place + 1}`} onPress={() => remove(place)}>
            <X aria-hidden className="size-4" />
          </IconButton>
        </div>
      ))}
      <div>
        <Button small onPress={() => append({ name: "", value: "" })}>
          <Plus aria-hidden className="size-3.5" />
          Add parameter
        </Button>
      </div>
    </div>
  )
}

export const HbaSection = ({ control }: Props) => (
  <div className="max-w-3xl">
    <FormText
      control={control}
      name="hba"
      label="Lines of pg_hba.conf"
      mono
      lines={8}
      placeholder="host  orders  orders_app  10.42.0.0/16  scram-sha-256"
      help="Tried in this order, after pg-swarm's own lines for replication and the superuser, before one that lets every user in with a password (host all all all scram-sha-256)."
    />
  </div>
)

export const FailoverSection = ({ control }: Props) => (
  <div className="flex flex-col gap-5">
    <Controller
      control={control}
      name="preset"
      render={({ field }) => (
        <RadioCards
          label="How quickly a lost primary is replaced"
          value={field.value}
          onChange={field.onChange}
          choices={presets.map((preset) => ({
            value: preset,
            name: presetLook(preset).word,
            help: presetLook(preset).meaning,
          }))}
        />
      )}
    />
    <Controller
      control={control}
      name="durability"
      render={({ field, fieldState }) => (
        <RadioCards
          label="When a commit counts as done"
          value={field.value}
          onChange={field.onChange}
          error={fieldState.error?.message}
          choices={durabilities.map((durability) => ({
            value: durability,
            name: durabilityLook(durability).word,
            help: durabilityLook(durability).meaning,
          }))}
        />
      )}
    />
  </div>
)
