/** Operations: each is asked for on its cluster, and followed by its own id. */
import { done, notFound } from "../refusal.ts"
import { cancelOperation, startOperation } from "../operations/operations.ts"
import { restartCluster } from "../operations/restart.ts"
import { findOperation, listOperations } from "../store/operation.ts"
import { byTimeAndId, page, readCursor } from "./cursor.ts"
import type { Handlers, Services } from "./handler.ts"

type Names =
  | "startSwitchover"
  | "fenceCluster"
  | "unfenceCluster"
  | "promoteMember"
  | "restartCluster"
  | "listOperations"
  | "getOperation"
  | "cancelOperation"

export const operationHandlers = ({ database }: Services): Pick<Handlers, Names> => ({
  startSwitchover: async ({ params, body }, { caller }) =>
    startOperation(database, params.id, { kind: "switchover", to: body.to }, caller),
  fenceCluster: async ({ params, body }, { caller }) =>
    startOperation(database, params.id, { kind: "fence", reason: body.reason }, caller),
  unfenceCluster: async ({ params }, { caller }) =>
    startOperation(database, params.id, { kind: "unfence" }, caller),
  promoteMember: async ({ params, body }, { caller }) => {
    const { to, acceptLoss, confirm } = body
    return startOperation(database, params.id, { kind: "promote", to, acceptLoss, confirm }, caller)
  },
  restartCluster: async ({ params, body }, { caller }) =>
    restartCluster(database, params.id, body.mode === "full", caller),
  listOperations: async ({ query }, { caller }) => {
    const at = readCursor(query.cursor, byTimeAndId)
    if (at.kind === "refused") return at
    const { cluster, rollout, kind, state, actor } = query
    const filter = { cluster, rollout, kind, state, actor }
    const found = await listOperations(
      database.sql,
      caller.scope,
      filter,
      at.after,
      query.limit + 1,
    )
    return done(page(found, query.limit, ({ createdAt, id }) => [createdAt, id]))
  },
  getOperation: async ({ params }, { caller }) => {
    const found = await findOperation(database.sql, caller.scope, params.id)
    return found === undefined ? notFound("operation") : done(found)
  },
  cancelOperation: async ({ params }, { caller }) => cancelOperation(database, params.id, caller),
})
