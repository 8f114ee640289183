/** Images of PostgreSQL that profiles choose from, and the mirror that sites pull them from. */
import * as z from "zod"
import { type PostgresMajor, postgresMajors } from "#core/cluster/spec.ts"
import { type Route, route } from "#wire/rest/route.ts"
import { satelliteSchema } from "#wire/rest/satellites.ts"
import { dnsLabel, idParams, pageOf, pageQuery, timestamp } from "#wire/rest/shapes.ts"

export const imageVariantsMax = 50
export const imagesMax = 1000

const variantName = dnsLabel(40)
const minorText = z
  .string()
  .max(20)
  .regex(/^\d{2}\.\d{1,3}$/, "a minor version such as 17.2")
/** References are checked by `core/cluster/image.ts`, which says more of what is wrong. */
const reference = z.string().min(1).max(400)
const notes = z.string().max(1000)

export const imageVariantSchema = z.object({
  name: z.string(),
  description: z.string(),
  /** Of `postgres` in its images. */
  uid: z.number().int(),
  imageCount: z.number().int(),
  /** Profiles whose newest version chooses it. */
  profiles: z.array(z.object({ id: z.uuid(), name: z.string() })),
  createdAt: timestamp,
  version: z.number().int(),
})
export type ImageVariant = z.infer<typeof imageVariantSchema>

export const imageSchema = z.object({
  id: z.uuid(),
  variant: z.string(),
  major: z.number().int(),
  minor: z.string(),
  reference: z.string(),
  isDefault: z.boolean(),
  notes: z.string(),
  /** Profiles whose newest version holds this reference, and clusters that run with it. */
  profiles: z.array(z.object({ id: z.uuid(), name: z.string() })),
  clusterCount: z.number().int(),
  createdAt: timestamp,
  version: z.number().int(),
})
export type Image = z.infer<typeof imageSchema>

export const createImageVariantBody = z.strictObject({
  name: variantName,
  description: z.string().max(1000).default(""),
  /** For good: files of clusters belong to it. */
  uid: z.int().min(1).max(65_535),
})
export const editImageVariantBody = z.strictObject({
  version: z.int(),
  description: z.string().max(1000),
})

export const createImageBody = z.strictObject({
  variant: variantName,
  minor: minorText,
  reference,
  notes: notes.default(""),
  /** Profiles that name the variant and this major get it from now on, with their next version. */
  isDefault: z.boolean().default(false),
})
export const editImageBody = z.strictObject({
  version: z.int(),
  reference: reference.optional(),
  notes: notes.optional(),
  /** Another one of its variant and major takes its place; so it can only be given, not taken. */
  isDefault: z.literal(true).optional(),
})

const mirror = z.string().min(1).max(200)

export const imageMirrorSchema = z.object({
  /** Registry, with a path where it has one, that stands in for those that images name; null: none. */
  mirror: z.string().nullable(),
  version: z.number().int(),
})
export const putImageMirrorBody = z.strictObject({ version: z.int(), mirror: mirror.nullable() })

export const putSatelliteMirrorBody = z.strictObject({
  /** Of the satellite, as it was read. */
  version: z.int(),
  mirror: z.discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("as-fleet") }),
    z.strictObject({ kind: z.literal("none") }),
    z.strictObject({ kind: z.literal("own"), registry: mirror }),
  ]),
})

const majorText = z
  .enum(postgresMajors.map(String))
  .transform((text): PostgresMajor => postgresMajors.find((one) => String(one) === text) ?? 17)

export const imageRoutes = {
  listImageVariants: route({
    method: "GET",
    path: "/image-variants",
    summary: "Variants of images, by name",
    access: "viewer",
    query: pageQuery,
    status: 200,
    answer: pageOf(imageVariantSchema),
  }),
  createImageVariant: route({
    method: "POST",
    path: "/image-variants",
    summary: "Make a variant of images",
    access: "admin",
    reach: "fleet",
    body: createImageVariantBody,
    status: 201,
    answer: imageVariantSchema,
  }),
  editImageVariant: route({
    method: "PATCH",
    path: "/image-variants/:name",
    summary: "Describe a variant anew",
    access: "admin",
    reach: "fleet",
    params: z.object({ name: variantName }),
    body: editImageVariantBody,
    status: 200,
    answer: imageVariantSchema,
  }),
  deleteImageVariant: route({
    method: "DELETE",
    path: "/image-variants/:name",
    summary: "Delete a variant that has no images and no profiles",
    access: "admin",
    reach: "fleet",
    params: z.object({ name: variantName }),
    status: 204,
  }),
  listImages: route({
    method: "GET",
    path: "/images",
    summary: "Images of PostgreSQL, by variant and version, newest first",
    access: "viewer",
    query: pageQuery.extend({ variant: variantName.optional(), major: majorText.optional() }),
    status: 200,
    answer: pageOf(imageSchema),
  }),
  createImage: route({
    method: "POST",
    path: "/images",
    summary: "Take an image into the catalogue",
    access: "admin",
    reach: "fleet",
    body: createImageBody,
    status: 201,
    answer: imageSchema,
  }),
  editImage: route({
    method: "PATCH",
    path: "/images/:id",
    summary: "Edit an image; profiles keep the reference that they have until their next version",
    access: "admin",
    reach: "fleet",
    params: idParams,
    body: editImageBody,
    status: 200,
    answer: imageSchema,
  }),
  deleteImage: route({
    method: "DELETE",
    path: "/images/:id",
    summary: "Take an image out of the catalogue; what runs with it runs on",
    access: "admin",
    reach: "fleet",
    params: idParams,
    status: 204,
  }),
  getImageMirror: route({
    method: "GET",
    path: "/image-mirror",
    summary: "The mirror that sites pull images from, unless they have one of their own",
    access: "viewer",
    status: 200,
    answer: imageMirrorSchema,
  }),
  putImageMirror: route({
    method: "PUT",
    path: "/image-mirror",
    summary: "Say which mirror sites pull images from; pods that run are not replaced for it",
    access: "admin",
    reach: "fleet",
    body: putImageMirrorBody,
    status: 200,
    answer: imageMirrorSchema,
  }),
  putSatelliteMirror: route({
    method: "PUT",
    path: "/satellites/:id/image-mirror",
    summary: "Say which mirror one site pulls images from",
    access: "admin",
    params: idParams,
    body: putSatelliteMirrorBody,
    status: 200,
    answer: satelliteSchema,
  }),
} satisfies Record<string, Route>
