/** Databases of the stand-in: one cluster has some, in every state. */
import { randomBytes } from "node:crypto"
import type { LiveMessage } from "#wire/live.ts"
import type { ClusterDatabase, databaseRoutes } from "#wire/rest/databases.ts"
import { database, databaseExamples } from "./database-examples.ts"
import { FakeRefusal, type Handlers } from "./fake-answers.ts"
import { type FakeFleet } from "./fleet.ts"
import { ago } from "./fleet-parts.ts"

type Names = Exclude<keyof typeof databaseRoutes, "listSecretKeys">

export function databaseHandlers(
  fleet: FakeFleet,
  push: (message: LiveMessage) => void,
): Pick<Handlers, Names> {
  const [withSome] = fleet.clusters
  let databases = withSome === undefined ? [] : databaseExamples(withSome.id)
  const find = (id: string): ClusterDatabase => {
    const found = databases.find((one) => one.id === id)
    if (found === undefined) throw new FakeRefusal(404, "NOT_FOUND", "there is no such database")
    return found
  }
  const put = (one: ClusterDatabase): ClusterDatabase => {
    databases = [...databases.filter(({ id }) => id !== one.id), one]
    push({ kind: "refetch", resource: "databases" })
    return one
  }
  const pending = {
    state: "pending",
    reason: "the cluster's primary has not confirmed it yet",
  } as const
  const made = (given: string | undefined): string | null =>
    given === undefined ? randomBytes(24).toString("base64url") : null
  return {
    listDatabases: ({ params }) => ({
      items: databases
        .filter(({ clusterId }) => clusterId === params.id)
        .toSorted((a, b) => a.name.localeCompare(b.name, "en")),
      nextCursor: null,
    }),
    getDatabase: ({ params }) => find(params.databaseId),
    createDatabase: ({ params, body }) => {
      if (databases.some(({ clusterId, name }) => clusterId === params.id && name === body.name))
        throw new FakeRefusal(409, "NAME_TAKEN", `the cluster has a database ${body.name} already`)
      const { password, ...rest } = body
      const one = database(params.id, body.name, { ...rest, ...pending, sessions: null })
      return { database: put(one), password: made(password) }
    },
    editDatabase: ({ params, body }) => {
      const before = find(params.databaseId)
      if (before.version !== body.version)
        throw new FakeRefusal(409, "VERSION_CONFLICT", "the database was changed meanwhile")
      const one = {
        ...before,
        ...pending,
        owner: body.owner ?? before.owner,
        allowedCidrs: body.allowedCidrs ?? before.allowedCidrs,
        endSessions: body.endSessions ?? before.endSessions,
        version: before.version + 1,
      }
      const isNew = one.owner !== before.owner
      return { database: put(one), password: isNew ? made(body.password) : null }
    },
    rotateDatabasePassword: ({ params, body }) => {
      const before = find(params.databaseId)
      const one = { ...before, ...pending, passwordSetAt: ago(0), version: before.version + 1 }
      return { database: put(one), password: made(body.password) }
    },
    dropDatabase: ({ params }) =>
      put({
        ...find(params.databaseId),
        state: "dropping",
        reason: "the cluster's primary has not dropped it yet",
      }),
  }
}
