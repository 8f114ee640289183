/**
 * Which image a profile's clusters run: one of the catalogue, by variant and version, or one of one's own. The
 * reference stays as it is until somebody chooses another; what the catalogue has besides is offered.
 */
import { useQuery } from "@tanstack/react-query"
import { type UseFormReturn, useController, useWatch } from "react-hook-form"
import { postgresMajors, uidDefault } from "#core/cluster/spec.ts"
import type { Image } from "#wire/rest/image-routes.ts"
import { imagesToChooseQuery, variantsToChooseQuery } from "../../api/intent-queries.ts"
import { Button } from "../../ui/button.tsx"
import { Notice } from "../../ui/notice.tsx"
import { Select } from "../../ui/select.tsx"
import { FormText } from "../form-field.tsx"
import { useNotes } from "../notes.tsx"
import { defaultImage, type ProfileValues } from "./values.ts"

type Props = { readonly form: UseFormReturn<ProfileValues> }

/** Values of the choices that are none: a key of a list is never empty. */
const own = "own image"
const byDefault = "its default"

const majorChoices = postgresMajors.map((major) => ({
  value: `${major}` as const,
  name: `PostgreSQL ${major}`,
}))

export function ImageFields({ form }: Props) {
  const { control } = form
  const { images, variants, choose, chosenNow } = useCatalogue(form)
  const [variant, major, minor, image] = useWatch({
    control,
    name: ["variant", "major", "minor", "image"],
  })
  const majorField = useController({ control, name: "major" }).field
  const variantNote = useNotes("variant")
  const minorNote = useNotes("minor")
  const isKnown = variant === "" || variants.some(({ name }) => name === variant)
  const minors = images.filter((one) => one.variant === variant && String(one.major) === major)
  return (
    <>
      <Select
        label="PostgreSQL version"
        choices={majorChoices}
        value={majorField.value}
        onChange={(chosen) => choose({ variant, major: chosen, minor: "" })}
      />
      {variants.length === 0 && variant === "" ? null : (
        <Select
          label="Image from"
          choices={[
            { value: own, name: "A reference of your own" },
            ...variants.map(({ name, description }) => ({ value: name, name, help: description })),
            ...(isKnown ? [] : [{ value: variant, name: variant }]),
          ]}
          value={variant === "" ? own : variant}
          onChange={(chosen) =>
            choose({ variant: chosen === own ? "" : chosen, major: majorField.value, minor: "" })
          }
          error={variantNote.error}
        />
      )}
      {variant === "" ? (
        <>
          <FormText
            control={control}
            name="image"
            label="Image"
            mono
            help="The stock postgres image, or a mirror of it that the sites reach"
            className="sm:col-span-2"
          />
          <FormText
            control={control}
            name="uid"
            label="User of the server in it"
            placeholder={String(uidDefault)}
            help="The number that postgres has there: 999 in Debian's images, 70 in Alpine's. A cluster keeps it for good."
          />
        </>
      ) : (
        <>
          <Select
            label="Minor version"
            choices={[
              {
                value: byDefault,
                name: "The default",
                help: "What the catalogue says when a version of the profile is made",
              },
              ...minors.map((one) => ({ value: one.minor, name: one.minor, help: one.notes })),
              ...(minor === "" || minors.some((one) => one.minor === minor)
                ? []
                : [{ value: minor, name: minor, help: "Not in the catalogue any more" }]),
            ]}
            value={minor === "" ? byDefault : minor}
            onChange={(chosen) =>
              choose({
                variant,
                major: majorField.value,
                minor: chosen === byDefault ? "" : chosen,
              })
            }
            error={minorNote.error}
          />
          <Reference
            image={image}
            now={chosenNow}
            onTake={(reference) => form.setValue("image", reference, { shouldDirty: true })}
          />
        </>
      )}
    </>
  )
}

type ReferenceProps = {
  readonly image: string
  /** What the catalogue has for the choice. */
  readonly now: Image | undefined
  readonly onTake: (reference: string) => void
}

function Reference({ image, now, onTake }: ReferenceProps) {
  const { error } = useNotes("image")
  return (
    <div className="flex flex-col gap-2 sm:col-span-2">
      <p className="text-sm">
        <span className="font-medium">Image</span>{" "}
        {image === "" ? (
          <span className="text-ink-3">as the catalogue has it when this is saved</span>
        ) : (
          <code className="font-mono text-xs break-all">{image}</code>
        )}
      </p>
      {error === undefined ? null : <p className="text-xs font-medium text-bad">{error}</p>}
      {now === undefined || image === "" || now.reference === image ? null : (
        <Notice tone="busy">
          <span className="flex flex-wrap items-center gap-2">
            <span className="min-w-0">
              The catalogue has {now.minor} for this now:{" "}
              <code className="font-mono text-xs break-all">{now.reference}</code>
            </span>
            <Button small onPress={() => onTake(now.reference)}>
              Take {now.minor}
            </Button>
          </span>
        </Notice>
      )}
    </div>
  )
}

type Choice = Pick<ProfileValues, "variant" | "major" | "minor">

/** What there is to be chosen from, and what a choice sets besides itself. */
function useCatalogue(form: UseFormReturn<ProfileValues>) {
  const images = useQuery(imagesToChooseQuery).data?.items ?? []
  const variants = useQuery(variantsToChooseQuery).data?.items ?? []
  const [variant, major, minor] = useWatch({
    control: form.control,
    name: ["variant", "major", "minor"],
  })
  const imageOf = (choice: Choice): Image | undefined =>
    images.find(
      (one) =>
        one.variant === choice.variant &&
        String(one.major) === choice.major &&
        (choice.minor === "" ? one.isDefault : one.minor === choice.minor),
    )
  const set = (name: "variant" | "minor" | "image" | "uid", value: string) =>
    form.setValue(name, value, { shouldDirty: true })
  const choose = (next: Choice): void => {
    const before = form.getValues()
    form.setValue("major", next.major, { shouldDirty: true })
    set("variant", next.variant)
    set("minor", next.minor)
    if (next.variant === "") {
      // The stock image follows the version; a reference that somebody chose stays.
      const isStock = before.image === defaultImage(before.major) || before.image === ""
      if (isStock) set("image", defaultImage(next.major))
      return
    }
    set("image", imageOf(next)?.reference ?? "")
    const uid = variants.find(({ name }) => name === next.variant)?.uid
    if (uid !== undefined) set("uid", String(uid))
  }
  return { images, variants, choose, chosenNow: imageOf({ variant, major, minor }) }
}
