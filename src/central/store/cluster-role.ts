/** Table `cluster_role`: the roles that own databases, with what PostgreSQL keeps of their passwords, sealed. */
import type { ClusterDatabase, Databases } from "#core/cluster/databases.ts"
import { type ClusterId, clusterId, type SatelliteId } from "#core/ids.ts"
import { booleanOf, integerOf, textOf } from "#io/postgres/row.ts"
import type { Sql } from "#io/postgres/sql.ts"
import type { SecretColumn } from "../secrets/rotation.ts"
import { type Place, type SecretBox, SecretUnreadable } from "../secrets/secret-box.ts"
import { textsOf } from "./cluster-database.ts"

const place = (cluster: string, name: string): Place => ({
  table: "cluster_role",
  column: "verifier",
  row: [cluster, name],
})

/** Locked until the transaction ends. */
export const isRole = async (sql: Sql, cluster: ClusterId, name: string): Promise<boolean> =>
  (
    await sql`
      select 1 from cluster_role where cluster_id = ${cluster} and name = ${name} for update`
  ).length > 0

/** A new role, or a new password for the one that is there. */
export const putVerifier = async (
  sql: Sql,
  box: SecretBox,
  cluster: ClusterId,
  name: string,
  verifier: string,
): Promise<void> => {
  const sealed = box.seal(place(cluster, name), verifier)
  await sql`
    insert into cluster_role as r (cluster_id, name, verifier)
    values (${cluster}, ${name}, ${sealed})
    on conflict (cluster_id, name) do update set
      verifier = excluded.verifier, revision = r.revision + 1, password_set_at = now()`
}

/** Forgets roles that no database of the cluster names any more. What the server has of them is left alone. */
export const forgetUnusedRoles = async (sql: Sql, cluster: ClusterId): Promise<void> => {
  await sql`
    delete from cluster_role r where cluster_id = ${cluster}
      and not exists (select from cluster_database d
        where d.cluster_id = r.cluster_id and d.owner = r.name)`
}

/**
 * What each cluster of the satellites should have. A verifier that does not open is left out and told: the
 * site leaves that password as it is, and goes on with everything else.
 */
export async function desiredDatabases(
  sql: Sql,
  box: SecretBox,
  satellites: readonly SatelliteId[],
  unreadable: (why: string) => void,
): Promise<ReadonlyMap<ClusterId, Databases>> {
  const roles = await sql`
    select r.cluster_id, r.name, r.verifier, r.revision
    from cluster_role r join cluster c on c.id = r.cluster_id
    where c.satellite_id = any(${satellites}::uuid[])
    order by r.cluster_id, r.name`
  const databases = await sql`
    select d.cluster_id, d.name, d.owner, d.allowed_cidrs, d.end_sessions, d.revision,
      d.dropping_since is not null as dropping, d.drop_role
    from cluster_database d join cluster c on c.id = d.cluster_id
    where c.satellite_id = any(${satellites}::uuid[])
    order by d.cluster_id, d.name`
  const rolesOf = Map.groupBy(roles, (row) => textOf(row, "cluster_id"))
  const databasesOf = Map.groupBy(databases, (row) => textOf(row, "cluster_id"))
  return new Map(
    [...databasesOf].map(([id, rows]) => [
      clusterId(id),
      {
        roles: (rolesOf.get(id) ?? []).map((row) => ({
          name: textOf(row, "name"),
          revision: integerOf(row, "revision"),
          verifier: opened(box, id, textOf(row, "name"), textOf(row, "verifier"), unreadable),
        })),
        databases: rows.map((row): ClusterDatabase => ({
          name: textOf(row, "name"),
          owner: textOf(row, "owner"),
          revision: integerOf(row, "revision"),
          allowedCidrs: textsOf(row, "allowed_cidrs"),
          endSessions: booleanOf(row, "end_sessions"),
          dropping: booleanOf(row, "dropping") ? { role: booleanOf(row, "drop_role") } : undefined,
        })),
      },
    ]),
  )
}

function opened(
  box: SecretBox,
  cluster: string,
  name: string,
  sealed: string,
  unreadable: (why: string) => void,
): string | undefined {
  try {
    return box.open(place(cluster, name), sealed)
  } catch (error) {
    if (!(error instanceof SecretUnreadable)) throw error
    unreadable(error.message)
    return undefined
  }
}

/** For the rotation of keys. */
export const verifierColumn: SecretColumn = {
  table: "cluster_role",
  column: "verifier",
  uses: async (sql) =>
    new Map(
      (
        await sql`
          select split_part(verifier, ':', 2) as key, count(*) as uses
          from cluster_role group by 1`
      ).map((row) => [textOf(row, "key"), integerOf(row, "uses")]),
    ),
  stale: async (sql, current, after, limit) =>
    (
      await sql`
        select cluster_id, name, verifier from cluster_role
        where split_part(verifier, ':', 2) <> ${current}
          and (${after?.[0]}::uuid is null or (cluster_id, name) > (${after?.[0]}::uuid, ${after?.[1]}))
        order by cluster_id, name
        limit ${limit}
        for update`
    ).map((row) => ({
      row: [textOf(row, "cluster_id"), textOf(row, "name")],
      sealed: textOf(row, "verifier"),
    })),
  replace: async (sql, [cluster = "", name = ""], sealed) => {
    await sql`
      update cluster_role set verifier = ${sealed} where cluster_id = ${cluster} and name = ${name}`
  },
}
