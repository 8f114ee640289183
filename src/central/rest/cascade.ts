/** What would become of clusters, asked before it is done. */
import { cascadeOfRule, previewSatellite } from "../intent/cascade.ts"
import type { Handlers, Services } from "./handler.ts"

type Names = "previewSatellite" | "cascadeOfRule"

export const cascadeHandlers = ({ database }: Services): Pick<Handlers, Names> => ({
  previewSatellite: async ({ params, body }, { caller }) =>
    previewSatellite(database, caller.scope, params.id, body),
  cascadeOfRule: async ({ params }, { caller }) => cascadeOfRule(database, caller.scope, params.id),
})
