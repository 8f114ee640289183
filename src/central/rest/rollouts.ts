/** Rollouts and freeze windows. */
import type { freezeWindowRoutes, rolloutRoutes } from "#wire/rest/rollout-routes.ts"
import * as windows from "../intent/freeze-windows.ts"
import { previewRollout } from "../intent/rollout-plan.ts"
import { commandRollout, createRollout } from "../intent/rollouts.ts"
import type { Caller } from "../auth/access.ts"
import { done, notFound, type Outcome } from "../refusal.ts"
import { findFreezeWindow, listFreezeWindows } from "../store/freeze-window.ts"
import { findRollout, listRollouts } from "../store/rollout.ts"
import { listEntries } from "../store/rollout-cluster.ts"
import { byName, byStageSiteAndId, byTimeAndId, page, readCursor } from "./cursor.ts"
import type { Handlers, Services } from "./handler.ts"

type Database = Services["database"]

export const rolloutHandlers = ({
  database,
}: Services): Pick<Handlers, keyof typeof rolloutRoutes | keyof typeof freezeWindowRoutes> => ({
  ...ofRollouts(database),
  ...ofFreezeWindows(database),
})

function ofRollouts(database: Database): Pick<Handlers, keyof typeof rolloutRoutes> {
  const answer = async ({ scope }: Caller, outcome: Outcome<string>) => {
    if (outcome.kind === "refused") return outcome
    const rollout = await findRollout(database.sql, scope, outcome.value)
    return rollout === undefined ? notFound("rollout") : done(rollout)
  }
  return {
    previewRollout: ({ body }, { caller }) => previewRollout(database.sql, caller.scope, body),
    createRollout: async ({ body }, { caller }) =>
      answer(caller, await createRollout(database, body, caller)),
    listRollouts: async ({ query }, { caller }) => {
      const at = readCursor(query.cursor, byTimeAndId)
      if (at.kind === "refused") return at
      const { profileId, clusterId, state } = query
      const filter = { profileId, clusterId, state }
      const found = await listRollouts(
        database.sql,
        caller.scope,
        filter,
        at.after,
        query.limit + 1,
      )
      return done(page(found, query.limit, ({ createdAt, id }) => [createdAt, id]))
    },
    getRollout: ({ params }, { caller }) => answer(caller, done(params.id)),
    listRolloutClusters: async ({ params, query }, { caller }) => {
      const at = readCursor(query.cursor, byStageSiteAndId)
      if (at.kind === "refused") return at
      if ((await findRollout(database.sql, caller.scope, params.id)) === undefined)
        return notFound("rollout")
      const { state, stage, limit } = query
      const found = await listEntries(
        database.sql,
        caller.scope,
        params.id,
        { state, stage },
        at.after,
        limit + 1,
      )
      return done(
        page(found, limit, (one) => [String(one.stage), one.satelliteName, one.clusterId]),
      )
    },
    pauseRollout: async ({ params, body }, { caller }) => {
      const command = { kind: "pause", by: caller.name, reason: body.reason } as const
      return answer(caller, await commandRollout(database, params.id, command, caller))
    },
    resumeRollout: async ({ params }, { caller }) => {
      const command = { kind: "resume", by: caller.name } as const
      return answer(caller, await commandRollout(database, params.id, command, caller))
    },
    passRolloutGate: async ({ params, body }, { caller }) => {
      const command = { kind: "pass-gate", by: caller.name, stage: body.stage } as const
      return answer(caller, await commandRollout(database, params.id, command, caller))
    },
    haltRollout: async ({ params, body }, { caller }) => {
      const command = { kind: "halt", by: caller.name, reason: body.reason } as const
      return answer(caller, await commandRollout(database, params.id, command, caller))
    },
    rollBackRollout: async ({ params, body }, { caller }) => {
      const command = { kind: "roll-back", by: caller.name, reason: body.reason } as const
      return answer(caller, await commandRollout(database, params.id, command, caller))
    },
    cancelRollout: async ({ params, body }, { caller }) => {
      const command = { kind: "cancel", by: caller.name, reason: body.reason } as const
      return answer(caller, await commandRollout(database, params.id, command, caller))
    },
  }
}

function ofFreezeWindows(database: Database): Pick<Handlers, keyof typeof freezeWindowRoutes> {
  const answer = async (outcome: Outcome<string>) => {
    if (outcome.kind === "refused") return outcome
    const window = await findFreezeWindow(database.sql, outcome.value)
    return window === undefined ? notFound("freeze window") : done(window)
  }
  return {
    listFreezeWindows: async ({ query }) => {
      const at = readCursor(query.cursor, byName)
      if (at.kind === "refused") return at
      const found = await listFreezeWindows(database.sql, at.after, query.limit + 1)
      return done(page(found, query.limit, ({ name }) => [name]))
    },
    createFreezeWindow: async ({ body }, { caller }) =>
      answer(await windows.createFreezeWindow(database, body, caller)),
    editFreezeWindow: async ({ params, body }, { caller }) =>
      answer(await windows.editFreezeWindow(database, params.id, body, caller)),
    deleteFreezeWindow: ({ params }, { caller }) =>
      windows.removeFreezeWindow(database, params.id, caller),
  }
}
