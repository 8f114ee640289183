/** What a person may do about freeze windows. */
import { randomUUID } from "node:crypto"
import type { z } from "zod"
import { type Database, violates } from "#io/postgres/sql.ts"
import type { createFreezeWindowBody, editFreezeWindowBody } from "#wire/rest/freeze-windows.ts"
import { audit } from "../audit/audit.ts"
import { done, notFound, type Outcome, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import {
  deleteFreezeWindow,
  findFreezeWindow,
  insertFreezeWindow,
  updateFreezeWindow,
} from "../store/freeze-window.ts"
import { nameTaken } from "./profiles.ts"
import type { Actor } from "./actor.ts"
import { tell } from "./tell.ts"

async function withUniqueName<T>(
  name: string,
  work: () => Promise<Outcome<T>>,
): Promise<Outcome<T>> {
  try {
    return await work()
  } catch (error) {
    if (violates(error, "freeze_window_name_key")) return nameTaken("freeze window", name)
    throw error
  }
}

export const createFreezeWindow = (
  database: Database,
  body: z.output<typeof createFreezeWindowBody>,
  actor: Actor,
): Promise<Outcome<string>> =>
  withUniqueName(body.name, () =>
    database.transaction(async (sql) => {
      const id = randomUUID()
      await insertFreezeWindow(sql, { id, ...body })
      await tell(sql, actor, undefined, [
        { kind: "freeze-window.created", message: `freeze window ${body.name} was made` },
      ])
      await audit(sql, actor, {
        action: "create",
        resource: "freeze-window",
        id,
        name: body.name,
        after: body,
      })
      await notify(sql, { kind: "list", resource: "freeze-windows" })
      return done(id)
    }),
  )

export const editFreezeWindow = (
  database: Database,
  id: string,
  given: z.output<typeof editFreezeWindowBody>,
  actor: Actor,
): Promise<Outcome<string>> =>
  withUniqueName(given.name ?? "", () =>
    database.transaction(async (sql) => {
      const before = await findFreezeWindow(sql, id)
      if (before === undefined) return notFound("freeze window")
      const { name = before.name, selector = before.selector, time = before.time } = given
      const made = { id, name, selector, time, version: given.version }
      if (!(await updateFreezeWindow(sql, made)))
        return refused(
          409,
          "VERSION_CONFLICT",
          `the freeze window was changed meanwhile (version ${given.version} was sent, ${before.version} is current): read it again and repeat the change`,
          [
            { field: "version", problem: `is ${before.version} now` },
            { field: "name", problem: `is ${before.name} now` },
            { field: "selector", problem: `is ${JSON.stringify(before.selector)} now` },
            { field: "time", problem: `is ${JSON.stringify(before.time)} now` },
          ],
        )
      await tell(sql, actor, undefined, [
        { kind: "freeze-window.edited", message: `freeze window ${name} was edited` },
      ])
      await audit(sql, actor, {
        action: "edit",
        resource: "freeze-window",
        id,
        name,
        before,
        after: made,
      })
      await notify(sql, { kind: "list", resource: "freeze-windows" })
      return done(id)
    }),
  )

export const removeFreezeWindow = (
  database: Database,
  id: string,
  actor: Actor,
): Promise<Outcome<undefined>> =>
  database.transaction(async (sql) => {
    const before = await findFreezeWindow(sql, id)
    if (before === undefined || !(await deleteFreezeWindow(sql, id)))
      return notFound("freeze window")
    const { name } = before
    await tell(sql, actor, undefined, [
      { kind: "freeze-window.deleted", message: `freeze window ${name} was deleted` },
    ])
    await audit(sql, actor, { action: "delete", resource: "freeze-window", id, name, before })
    await notify(sql, { kind: "list", resource: "freeze-windows" })
    return done(undefined)
  })
