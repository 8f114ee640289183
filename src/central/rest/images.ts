/** The catalogue of images, and mirrors. */
import type { imageRoutes } from "#wire/rest/image-routes.ts"
import type { Caller } from "../auth/access.ts"
import * as mirror from "../intent/image-mirror.ts"
import * as intent from "../intent/images.ts"
import { done, notFound, type Outcome } from "../refusal.ts"
import { fleetMirror, selectImages, selectVariants } from "../store/image.ts"
import { findSatellite } from "../store/satellite.ts"
import { byName, page, readCursor } from "./cursor.ts"
import type { Handlers, Services } from "./handler.ts"

export const imageHandlers = ({ database }: Services): Pick<Handlers, keyof typeof imageRoutes> => {
  const { sql } = database
  const variant = async (outcome: Outcome<string>) => {
    if (outcome.kind === "refused") return outcome
    const [found] = await selectVariants(sql, { only: outcome.value }, 1)
    return found === undefined ? notFound("variant") : done(found)
  }
  const image = async (outcome: Outcome<string>) => {
    if (outcome.kind === "refused") return outcome
    const [found] = await selectImages(sql, { id: outcome.value })
    return found === undefined ? notFound("image") : done(found)
  }
  const satellite = async (outcome: Outcome<string>, { scope }: Caller) => {
    if (outcome.kind === "refused") return outcome
    const found = await findSatellite(sql, scope, outcome.value)
    return found === undefined ? notFound("satellite") : done(found)
  }
  return {
    listImageVariants: async ({ query }) => {
      const at = readCursor(query.cursor, byName)
      if (at.kind === "refused") return at
      const found = await selectVariants(sql, { after: at.after?.[0] }, query.limit + 1)
      return done(page(found, query.limit, ({ name }) => [name]))
    },
    createImageVariant: async ({ body }, { caller }) =>
      variant(await intent.createVariant(database, body, caller)),
    editImageVariant: async ({ params, body }, { caller }) =>
      variant(await intent.editVariant(database, params.name, body, caller)),
    deleteImageVariant: async ({ params }, { caller }) =>
      intent.deleteVariant(database, params.name, caller),
    listImages: async ({ query }) => {
      const at = readCursor(query.cursor, byName)
      if (at.kind === "refused") return at
      const all = await selectImages(sql, { variant: query.variant, major: query.major })
      const from = all.findIndex(({ id }) => id === at.after?.[0]) + 1
      return done(page(all.slice(from, from + query.limit + 1), query.limit, ({ id }) => [id]))
    },
    createImage: async ({ body }, { caller }) =>
      image(await intent.createImage(database, body, caller)),
    editImage: async ({ params, body }, { caller }) =>
      image(await intent.editImage(database, params.id, body, caller)),
    deleteImage: async ({ params }, { caller }) => intent.deleteImage(database, params.id, caller),
    getImageMirror: async () => done(await fleetMirror(sql)),
    putImageMirror: async ({ body }, { caller }) => {
      const outcome = await mirror.putFleetMirror(database, body, caller)
      return outcome.kind === "refused" ? outcome : done(await fleetMirror(sql))
    },
    putSatelliteMirror: async ({ params, body }, { caller }) =>
      satellite(await mirror.putSatelliteMirror(database, params.id, body, caller), caller),
  }
}
