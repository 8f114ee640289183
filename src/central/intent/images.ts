/** What a person may do about the catalogue of images. */
import { randomUUID } from "node:crypto"
import type { z } from "zod"
import { imageProblem } from "#core/cluster/image.ts"
import { postgresMajors } from "#core/cluster/spec.ts"
import type { Problem } from "#core/parsed.ts"
import { type Database, type Sql, violates } from "#io/postgres/sql.ts"
import {
  type createImageBody,
  type createImageVariantBody,
  type editImageBody,
  type editImageVariantBody,
  imagesMax,
  imageVariantsMax,
} from "#wire/rest/image-routes.ts"
import { audit } from "../audit/audit.ts"
import { done, invalid, notFound, type Outcome, type Refusal, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import * as store from "../store/image.ts"
import type { Actor } from "./actor.ts"
import { nameTaken } from "./profiles.ts"
import { tell } from "./tell.ts"

const conflict = (
  what: string,
  sent: number,
  current: number,
  now: Readonly<Record<string, unknown>>,
): Refusal =>
  refused(
    409,
    "VERSION_CONFLICT",
    `the ${what} was changed meanwhile (version ${sent} was sent, ${current} is current): read it again and repeat the change`,
    [
      { field: "version", problem: `is ${current} now` },
      ...Object.entries(now).map(([field, value]) => ({
        field,
        problem: `is ${JSON.stringify(value)} now`,
      })),
    ],
  )

const told = async (sql: Sql, actor: Actor, kind: string, message: string): Promise<void> => {
  await tell(sql, actor, undefined, [{ kind, message }])
  await notify(sql, { kind: "list", resource: "images" })
}

export async function createVariant(
  database: Database,
  body: z.output<typeof createImageVariantBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  return database.transaction(async (sql) => {
    const { name } = body
    if ((await store.selectVariants(sql, {}, imageVariantsMax)).length >= imageVariantsMax)
      return refused(409, "TOO_MANY", `there are ${imageVariantsMax} variants, as many as may be`)
    if (!(await store.insertVariant(sql, body))) return nameTaken("variant", name)
    await told(sql, actor, "image-variant.created", `variant ${name} of images was made`)
    await audit(sql, actor, { ...variantNamed(name), action: "create", after: body })
    return done(name)
  })
}

export async function editVariant(
  database: Database,
  name: string,
  body: z.output<typeof editImageVariantBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  return database.transaction(async (sql) => {
    const before = await store.lockVariant(sql, name)
    if (before === undefined) return notFound("variant")
    if (before.version !== body.version)
      return conflict("variant", body.version, before.version, { description: before.description })
    if (before.description === body.description) return done(name)
    await store.describeVariant(sql, name, body.description)
    await told(sql, actor, "image-variant.edited", `variant ${name} of images was described anew`)
    await audit(sql, actor, { ...variantNamed(name), action: "edit", before, after: body })
    return done(name)
  })
}

export async function deleteVariant(
  database: Database,
  name: string,
  actor: Actor,
): Promise<Outcome<undefined>> {
  return database.transaction(async (sql) => {
    if ((await store.lockVariant(sql, name)) === undefined) return notFound("variant")
    const [before] = await store.selectVariants(sql, { only: name }, 1)
    if (before !== undefined && (before.imageCount > 0 || before.profiles.length > 0))
      return refused(
        409,
        "VARIANT_IN_USE",
        `variant ${name} has ${before.imageCount} images and is chosen by ${before.profiles.length} profiles`,
        before.profiles.map((profile) => ({ field: "profiles", problem: profile.name })),
      )
    await store.removeVariant(sql, name)
    await told(sql, actor, "image-variant.deleted", `variant ${name} of images was deleted`)
    await audit(sql, actor, { ...variantNamed(name), action: "delete", before })
    return done(undefined)
  })
}

const variantNamed = (name: string) => ({ resource: "image-variant", id: name, name }) as const

/** By its two first digits: 17.2 is of major 17. */
const majorOf = (minor: string): number => Number(minor.split(".")[0])

function problemsOf(given: {
  readonly minor?: string | undefined
  readonly reference?: string | undefined
}): readonly Problem[] {
  const { minor, reference } = given
  const wrong = reference === undefined ? undefined : imageProblem(reference)
  return [
    ...(wrong === undefined ? [] : [{ field: "reference", problem: wrong }]),
    ...(minor === undefined || postgresMajors.some((major) => major === majorOf(minor))
      ? []
      : [{ field: "minor", problem: `expected a version of ${postgresMajors.join(", ")}` }]),
  ]
}

export async function createImage(
  database: Database,
  body: z.output<typeof createImageBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  const problems = problemsOf(body)
  if (problems.length > 0) return invalid(problems)
  const { variant, minor } = body
  try {
    return await database.transaction(async (sql) => {
      if ((await store.holdVariant(sql, variant)) === undefined)
        return invalid([{ field: "variant", problem: `there is no variant ${variant}` }])
      if ((await store.countImages(sql)) >= imagesMax)
        return refused(409, "TOO_MANY", `there are ${imagesMax} images, as many as may be`)
      const row = { ...body, id: randomUUID(), major: majorOf(minor) }
      if (row.isDefault) await store.dropDefault(sql, variant, row.major)
      await store.insertImage(sql, row)
      await told(sql, actor, "image.created", `image ${inWords(row)} is in the catalogue`)
      await audit(sql, actor, { ...imageNamed(row), action: "create", after: row })
      return done(row.id)
    })
  } catch (error) {
    if (violates(error, "image_minor_key"))
      return refused(409, "NAME_TAKEN", `variant ${variant} has an image of ${minor} already`, [
        { field: "minor", problem: `variant ${variant} has an image of ${minor} already` },
      ])
    throw error
  }
}

/** Versions of profiles keep the reference that they have: nothing moves by this. */
export async function editImage(
  database: Database,
  id: string,
  body: z.output<typeof editImageBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  const problems = problemsOf(body)
  if (problems.length > 0) return invalid(problems)
  return database.transaction(async (sql) => {
    const before = await store.lockImage(sql, id)
    if (before === undefined) return notFound("image")
    if (before.version !== body.version)
      return conflict("image", body.version, before.version, {
        reference: before.reference,
        notes: before.notes,
        isDefault: before.isDefault,
      })
    const { reference = before.reference, notes = before.notes } = body
    const after = {
      ...before,
      reference,
      notes,
      isDefault: before.isDefault || body.isDefault === true,
    }
    if (JSON.stringify(after) === JSON.stringify(before)) return done(id)
    if (after.isDefault && !before.isDefault)
      await store.dropDefault(sql, before.variant, before.major)
    await store.updateImage(sql, after)
    await told(sql, actor, "image.edited", `image ${inWords(after)}; profiles keep theirs`)
    await audit(sql, actor, { ...imageNamed(after), action: "edit", before, after })
    return done(id)
  })
}

export async function deleteImage(
  database: Database,
  id: string,
  actor: Actor,
): Promise<Outcome<undefined>> {
  return database.transaction(async (sql) => {
    const before = await store.lockImage(sql, id)
    if (before === undefined) return notFound("image")
    const others = await store.imagesOf(sql, before.variant, before.major)
    if (before.isDefault && others.length > 1)
      return refused(
        409,
        "IMAGE_IS_DEFAULT",
        `it is what profiles of ${before.variant} ${before.major} get: make another one the default first`,
      )
    const [shown] = await store.selectImages(sql, { id })
    if (shown !== undefined && shown.profiles.length > 0)
      return refused(
        409,
        "IMAGE_IN_USE",
        `the newest version of ${shown.profiles.map(({ name }) => name).join(", ")} has it: give those another image first`,
        shown.profiles.map(({ name }) => ({ field: "profiles", problem: name })),
      )
    await store.removeImage(sql, id)
    await told(sql, actor, "image.deleted", `image ${inWords(before)} is out of the catalogue`)
    await audit(sql, actor, { ...imageNamed(before), action: "delete", before })
    return done(undefined)
  })
}

type Named = Omit<store.ImageRow, "version">

const inWords = ({ variant, minor, reference, isDefault }: Named): string =>
  `${variant} ${minor} (${reference})${isDefault ? ", the default" : ""}`

const imageNamed = ({ id, variant, minor }: Named) =>
  ({ resource: "image", id, name: `${variant} ${minor}` }) as const
