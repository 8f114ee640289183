/** What became of the approvals of a profile, for clusters of it that are made now. */
import type { Scope } from "#core/access/scope.ts"
import type { ProfileStory, RolloutSeen } from "#core/rollout/new-cluster.ts"
import { integerOf, jsonOf, type Row, textOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import * as z from "zod"
import { stateOf } from "./rollout.ts"

/** Approvals before these say nothing that later ones do not. */
const rolloutsMax = 200

const scopeOf = z.array(z.record(z.string(), z.string()))
const versionsOf = z.array(z.number().int())

const rolloutSeen = (row: Row): RolloutSeen => ({
  id: textOf(row, "id"),
  version: integerOf(row, "spec_version"),
  state: stateOf(row),
  takesNew: takesNewOf(row),
})

const takesNewOf = (row: Row): Scope | undefined =>
  row["takes_new"] === null ? undefined : scopeOf.parse(jsonOf(row, "takes_new"))

export async function profileStory(sql: Sql, profile: string): Promise<ProfileStory | undefined> {
  const [row] = await sql`
    select p.spec_version,
      (select coalesce(jsonb_agg(distinct v.version), '[]') from (
        select c.spec_version as version from cluster c
        where c.profile_id = p.id and c.deleting_since is null
        union
        select e.moved_from from rollout_cluster e join rollout r on r.id = e.rollout_id
        where r.profile_id = p.id and r.state <> 'finished' and e.moved_from is not null
      ) v) as held
    from profile p where p.id = ${profile}`
  if (row === undefined) return undefined
  const rollouts = await sql`
    select id, spec_version, state, takes_new from rollout
    where profile_id = ${profile}
    order by created_at desc, id desc
    limit ${rolloutsMax}`
  return {
    newest: integerOf(row, "spec_version"),
    held: versionsOf.parse(jsonOf(row, "held")),
    rollouts: rollouts.map(rolloutSeen),
  }
}
