/** Changes of version as operations: filled by what sites say, whatever became of the rollout that began them. */
import { type ChangeReport, changeReport } from "#core/rollout/change-operation.ts"
import { operationId, satelliteId } from "#core/ids.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import { tellOf } from "../intent/tell.ts"
import { notify } from "../store/change.ts"
import { keepChanges, type OpenChange, openChanges } from "../store/change-operation.ts"

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
    const open = await openChanges(sql, { after, limit })
    await keepNews(sql, open.flatMap(newsOf))
    return open.length < limit ? undefined : open.at(-1)?.id
  })

type News = { readonly change: OpenChange; readonly report: ChangeReport }

/** What is shown otherwise than before; nothing where nothing is. */
function newsOf(change: OpenChange): readonly News[] {
  const report =
    change.sight === undefined
      ? deleted(change)
      : changeReport(change.version, change.sight, change.steps)
  const isOld = report.state === change.state && isAsShown(change, report.steps)
  return isOld ? [] : [{ change, report }]
}

async function keepNews(sql: Sql, news: readonly News[]): Promise<void> {
  if (news.length === 0) return
  const written = await keepChanges(
    sql,
    news.map(({ change, report }) => ({ ...report, id: change.id })),
  )
  const kept = news.filter(({ change }) => written.has(change.id))
  const inForce = kept.filter(({ report }) => report.state === "succeeded")
  for (const [actor, theirs] of Map.groupBy(inForce, ({ change }) => change.actor))
    await tellOf(
      sql,
      { name: actor },
      theirs.map(({ change }) => toldOf(change)),
    )
  if (written.size > 0)
    await notify(sql, { kind: "operations", ids: [...written].map(operationId) })
}

const toldOf = (change: OpenChange) => ({
  satellite: satelliteId(change.satelliteId),
  kind: change.toVersion === undefined ? "restart.succeeded" : "cluster.version-in-force",
  message:
    change.toVersion === undefined
      ? "the restart is done: every member started anew"
      : `version ${change.toVersion} of the profile is in force`,
  clusterId: change.clusterId,
  details: { operation: change.id },
})

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
