/** Databases of a cluster, and the keys that their passwords are sealed under. */
import type { databaseRoutes } from "#wire/rest/databases.ts"
import * as intent from "../intent/databases.ts"
import { done, notFound } from "../refusal.ts"
import { secretColumns } from "../secrets/columns.ts"
import { keyUses } from "../secrets/rotation.ts"
import { findCluster } from "../store/cluster.ts"
import { findDatabase, listDatabases } from "../store/cluster-database.ts"
import { byName, page, readCursor } from "./cursor.ts"
import type { Handlers, Services } from "./handler.ts"

export const databaseHandlers = ({
  database,
  secrets,
}: Services): Pick<Handlers, keyof typeof databaseRoutes> => ({
  listDatabases: async ({ params, query }, { caller }) => {
    const at = readCursor(query.cursor, byName)
    if (at.kind === "refused") return at
    if ((await findCluster(database.sql, caller.scope, params.id)) === undefined)
      return notFound("cluster")
    const { state, search, limit } = query
    const after = at.after?.[0]
    const found = await listDatabases(database.sql, params.id, { state, search }, after, limit + 1)
    return done(page(found, limit, ({ name }) => [name]))
  },
  createDatabase: async ({ params, body }, { caller }) =>
    intent.createDatabase(database, secrets, params.id, body, caller),
  getDatabase: async ({ params }, { caller }) => {
    if ((await findCluster(database.sql, caller.scope, params.id)) === undefined)
      return notFound("cluster")
    const found = await findDatabase(database.sql, params.id, params.databaseId)
    return found === undefined ? notFound("database") : done(found)
  },
  editDatabase: async ({ params, body }, { caller }) =>
    intent.editDatabase(database, secrets, target(params), body, caller),
  rotateDatabasePassword: async ({ params, body }, { caller }) =>
    intent.rotatePassword(database, secrets, target(params), body, caller),
  dropDatabase: async ({ params, body }, { caller }) =>
    intent.dropDatabase(database, secrets, target(params), body, caller),
  listSecretKeys: async () =>
    done({ keys: [...(await keyUses(database.sql, secrets, secretColumns))] }),
})

const target = (params: { readonly id: string; readonly databaseId: string }): intent.Target => ({
  cluster: params.id,
  database: params.databaseId,
})
