/** Changes of version as operations: filled by what sites say, whatever became of the rollout that began them. */
import { changeReport } from "#core/rollout/change-operation.ts"
import { operationId, satelliteId } from "#core/ids.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import { tell } from "../intent/tell.ts"
import { notify } from "../store/change.ts"
import { keepChange, type OpenChange, openChanges } from "../store/change-operation.ts"

const atOnce = 500

/** Looks at all that are open, up to `limit` in one transaction: those of sites that are away hold up no others. */
export async function followChanges(database: Database, limit = atOnce): Promise<void> {
  let after: string | undefined
  do after = await followSome(database, after, limit)
  while (after !== undefined)
}

/** Returns where the next transaction goes on; undefined when there was nothing more. */
const followSome = (
  database: Database,
  after: string | undefined,
  limit: number,
): Promise<string | undefined> =>
  database.transaction(async (sql) => {
    const written: string[] = []
    const open = await openChanges(sql, { after, limit })
    for (const change of open) if (await follow(sql, change)) written.push(change.id)
    if (written.length > 0) await notify(sql, { kind: "operations", ids: written.map(operationId) })
    return open.length < limit ? undefined : open.at(-1)?.id
  })

async function follow(sql: Sql, change: OpenChange): Promise<boolean> {
  const report =
    change.sight === undefined
      ? deleted(change)
      : changeReport(change.version, change.sight, change.steps)
  if (report.state === change.state && isAsShown(change, report.steps)) return false
  if (!(await keepChange(sql, change.id, report))) return false
  if (report.state === "succeeded")
    await tell(sql, { name: change.actor }, satelliteId(change.satelliteId), [
      {
        kind: change.toVersion === undefined ? "restart.succeeded" : "cluster.version-in-force",
        message:
          change.toVersion === undefined
            ? "the restart is done: every member started anew"
            : `version ${change.toVersion} of the profile is in force`,
        clusterId: change.clusterId,
        details: { operation: change.id },
      },
    ])
  return true
}

const isAsShown = (change: OpenChange, steps: OpenChange["steps"]): boolean =>
  JSON.stringify(change.steps) === JSON.stringify(steps)

const deleted = ({ steps }: OpenChange) =>
  ({
    state: "cancelled",
    steps,
    error: "the cluster was deleted",
    startedAt: undefined,
    endedAt: undefined,
  }) as const
