/** What a deed would mean for clusters, said before: none of these routes changes anything. */
import * as z from "zod"
import { route } from "#wire/rest/route.ts"
import { approveSatelliteBody } from "#wire/rest/satellites.ts"
import { idParams } from "#wire/rest/shapes.ts"

/**
 * What becomes of a cluster. `create`: it is made. `keep`: it stays, and its rule does not ask for it any more.
 * `pause`, `resume`, `delete`: by its rule. `protected`: it would have to be deleted and is protected from it, which
 * stands against the deed. `unruled`: it stays, and belongs to no rule from then on. `abandoned`: central forgets it,
 * and its site goes on with it.
 */
export const fates = [
  "create",
  "keep",
  "pause",
  "resume",
  "delete",
  "protected",
  "unruled",
  "abandoned",
] as const
export type Fate = (typeof fates)[number]

/** How many clusters a cascade shows of each fate. */
export const cascadeMax = 500

export const cascadeSchema = z.object({
  counts: z.record(z.enum(fates), z.number().int()),
  /** Every fate, in the order above; of each the first `cascadeMax` by satellite and name. */
  clusters: z.array(
    z.object({
      fate: z.enum(fates),
      /** Null where it would be made. */
      clusterId: z.uuid().nullable(),
      namespace: z.string(),
      name: z.string(),
      satelliteId: z.uuid(),
      satelliteName: z.string(),
      ruleName: z.string().nullable(),
      /** What the site lacks, so that the cluster would wait there. */
      warning: z.string().nullable(),
    }),
  ),
  /** Whether the deed would be refused even with everything confirmed, and why. */
  refusal: z.string().nullable(),
})
export type Cascade = z.infer<typeof cascadeSchema>

const { name, labels } = approveSatelliteBody.shape

export const previewSatelliteBody = z
  .strictObject({
    deed: z.enum(["approve", "edit", "reject", "decommission"]),
    /** Absent: as the satellite has them. */
    name,
    labels,
  })
  .check(({ value, issues }) => {
    if (value.deed === "approve" || value.deed === "edit") return
    for (const field of ["name", "labels"] as const)
      if (value[field] !== undefined)
        issues.push({
          code: "custom",
          input: value,
          path: [field],
          message: `leave it out: to ${value.deed} a satellite changes neither its name nor its labels`,
        })
  })

export const cascadeRoutes = {
  previewSatellite: route({
    method: "POST",
    path: "/satellites/:id/preview",
    summary:
      "What approving, relabelling, rejecting or decommissioning a satellite would mean for clusters; changes nothing",
    access: "viewer",
    params: idParams,
    body: previewSatelliteBody,
    status: 200,
    answer: cascadeSchema,
  }),
  cascadeOfRule: route({
    method: "GET",
    path: "/rules/:id/cascade",
    summary: "What deleting the rule would mean for its clusters; changes nothing",
    access: "viewer",
    params: idParams,
    status: 200,
    answer: cascadeSchema,
  }),
} as const
