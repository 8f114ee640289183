/** Where sites pull images from, for the fleet and for one site. Pods that run are not replaced for it. */
import type { z } from "zod"
import { mirrorProblem } from "#core/cluster/image.ts"
import type { SatelliteId } from "#core/ids.ts"
import type { Database } from "#io/postgres/sql.ts"
import type { putImageMirrorBody, putSatelliteMirrorBody } from "#wire/rest/image-routes.ts"
import { audit } from "../audit/audit.ts"
import { done, invalid, notFound, type Outcome, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import * as store from "../store/image.ts"
import { findSatellite, lockSatellite } from "../store/satellite.ts"
import type { Actor } from "./actor.ts"
import { satelliteChanged } from "./satellites.ts"
import { tell } from "./tell.ts"

export async function putFleetMirror(
  database: Database,
  { mirror, version }: z.output<typeof putImageMirrorBody>,
  actor: Actor,
): Promise<Outcome<undefined>> {
  const problem = mirror === null ? undefined : mirrorProblem(mirror)
  if (problem !== undefined) return invalid([{ field: "mirror", problem }])
  return database.transaction(async (sql) => {
    const before = await store.fleetMirror(sql)
    if (before.version === version && before.mirror === mirror) return done(undefined)
    if (!(await store.putFleetMirror(sql, mirror, version)))
      return refused(
        409,
        "VERSION_CONFLICT",
        `the mirror was changed meanwhile (version ${version} was sent, ${before.version} is current): read it again and repeat the change`,
        [
          { field: "version", problem: `is ${before.version} now` },
          { field: "mirror", problem: `is ${before.mirror ?? "none"} now` },
        ],
      )
    await tell(sql, actor, undefined, [
      {
        kind: "image-mirror.changed",
        message: `sites pull images from ${mirror ?? "where they are named"}; pods that run are not replaced for it`,
      },
    ])
    await audit(sql, actor, {
      action: "edit",
      resource: "fleet-setting",
      id: "image-mirror",
      name: "image mirror",
      before: { imageMirror: before.mirror },
      after: { imageMirror: mirror },
    })
    await notify(sql, { kind: "list", resource: "images" })
    await notify(sql, { kind: "desired", ids: await store.satellitesAsFleet(sql) })
    return done(undefined)
  })
}

/** Where a site pulls from, as it is kept: null is as the fleet does, the empty text is by no mirror. */
const whence = (kept: string | null): string =>
  kept === null ? "where the whole fleet does" : kept === "" ? "where they are named" : kept

export async function putSatelliteMirror(
  database: Database,
  id: string,
  { mirror, version }: z.output<typeof putSatelliteMirrorBody>,
  actor: Actor,
): Promise<Outcome<SatelliteId>> {
  const problem = mirror.kind === "own" ? mirrorProblem(mirror.registry) : undefined
  if (problem !== undefined) return invalid([{ field: "mirror.registry", problem }])
  return database.transaction(async (sql) => {
    const before = await lockSatellite(sql, actor.scope, id)
    if (before === undefined) return notFound("satellite")
    if (before.version !== version)
      return refused(
        409,
        "VERSION_CONFLICT",
        `the satellite was changed meanwhile (version ${version} was sent, ${before.version} is current): read it again and repeat the change`,
        [{ field: "version", problem: `is ${before.version} now` }],
      )
    const kept = mirror.kind === "as-fleet" ? null : mirror.kind === "none" ? "" : mirror.registry
    const was = (await findSatellite(sql, actor.scope, before.id))?.imageMirror ?? null
    await store.putSatelliteMirror(sql, before.id, kept)
    const from = whence(kept)
    await tell(sql, actor, before.id, [
      {
        kind: "satellite.image-mirror-changed",
        message: `${before.name} pulls images from ${from}`,
      },
    ])
    await audit(sql, actor, {
      action: "set-image-mirror",
      resource: "satellite",
      id: before.id,
      name: before.name,
      before: { imageMirror: whence(was) },
      after: { imageMirror: from },
    })
    await satelliteChanged(sql, before.id)
    return done(before.id)
  })
}
