/** The table of PostgreSQL's parameters. */
import type { parameterRoutes } from "#wire/rest/profile-routes.ts"
import { listParameters, orderParameter } from "../intent/parameters.ts"
import { done } from "../refusal.ts"
import { byName, page, readCursor } from "./cursor.ts"
import type { Handlers, Services } from "./handler.ts"

export const parameterHandlers = ({
  database,
}: Services): Pick<Handlers, keyof typeof parameterRoutes> => ({
  listParameters: async ({ query }) => {
    const at = readCursor(query.cursor, byName)
    if (at.kind === "refused") return at
    const [after] = at.after ?? [""]
    const search = (query.search ?? "").toLowerCase()
    const found = (await listParameters(database.sql, query.major))
      .filter(({ name }) => name > after && name.includes(search))
      .slice(0, query.limit + 1)
    return done(page(found, query.limit, ({ name }) => [name]))
  },
  orderParameter: async ({ params, body }, { caller }) =>
    orderParameter(database, params.name, body, caller),
})
