/**
 * The image of a profile's version. One that names a variant gets its reference from the catalogue when the
 * version is made, and keeps it: another image is another pod, and no pod is replaced because somebody edited
 * a catalogue. A newer one is offered, and taken with the next version that leaves the reference out.
 */
import type { Problem } from "#core/parsed.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { ProfileSpecBody } from "#wire/rest/profiles.ts"
import { holdVariant, type ImageRow, imagesOf } from "../store/image.ts"

export type Settled =
  | { readonly kind: "settled"; readonly spec: ProfileSpecBody }
  | { readonly kind: "bad"; readonly problems: readonly Problem[] }

/** `body` with its image filled in; `before` is the version whose reference it may keep. */
export async function settledImage(
  sql: Sql,
  body: ProfileSpecBody,
  before: ProfileSpecBody | undefined,
): Promise<Settled> {
  const { postgres } = body
  const { image, major } = postgres
  const variant = postgres.variant ?? undefined
  const minor = postgres.minor ?? undefined
  const bad = (field: string, problem: string): Settled => ({
    kind: "bad",
    problems: [{ field: `spec.postgres.${field}`, problem }],
  })
  if (variant === undefined) {
    if (minor !== undefined)
      return bad("minor", "is of a variant's image: name the variant, or leave the minor out")
    if (image === "") return bad("image", "name an image, or a variant of the catalogue")
    return { kind: "settled", spec: body }
  }
  const known = await holdVariant(sql, variant)
  if (known === undefined) return bad("variant", `there is no variant ${variant}`)
  const images = await imagesOf(sql, variant, major)
  const chosen = images.find((one) => (minor === undefined ? one.isDefault : one.minor === minor))
  const settled = (reference: string): Settled => ({
    kind: "settled",
    spec: { ...body, postgres: { ...postgres, image: reference, uid: known.uid } },
  })
  if (image !== "") {
    const isKept = before !== undefined && isSameChoice(before, body)
    if (isKept || chosen?.reference === image) return settled(image)
    return bad(
      "image",
      `is not what the catalogue has for ${variant} ${minor ?? major}: leave it out to take that, or leave the variant out`,
    )
  }
  if (chosen !== undefined) return settled(chosen.reference)
  return minor === undefined
    ? bad(
        "variant",
        `variant ${variant} has no default image of PostgreSQL ${major}: make one of its images the default, or pin a minor`,
      )
    : bad("minor", `variant ${variant} has no image of ${minor}; it has ${named(images)}`)
}

const named = (images: readonly ImageRow[]): string =>
  images.length === 0 ? "none of this major" : images.map(({ minor }) => minor).join(", ")

function isSameChoice({ postgres: was }: ProfileSpecBody, { postgres: is }: ProfileSpecBody) {
  return (
    was.variant === is.variant &&
    was.major === is.major &&
    (was.minor ?? null) === (is.minor ?? null) &&
    was.image === is.image
  )
}
