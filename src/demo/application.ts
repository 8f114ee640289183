/** The database user of a demo application: pg-swarm lets no superuser in from the network, and rightly so. */
import { randomBytes } from "node:crypto"
import { quoteIdentifier, quoteLiteral } from "#io/postgres/sql.ts"
import { tableSql } from "./writer.ts"

export type Application = {
  readonly user: string
  readonly password: string
  readonly database: string
}

export const newApplication = (): Application => ({
  user: "application",
  password: randomBytes(16).toString("base64url"),
  database: "postgres",
})

/** What a superuser runs once on the primary; may run again, then with the new password. */
export const applicationSql = ({ user, password }: Application): readonly string[] => [
  `do $$ begin
     if not exists (select from pg_roles where rolname = ${quoteLiteral(user)}) then
       create role ${quoteIdentifier(user)} login;
     end if;
   end $$`,
  `alter role ${quoteIdentifier(user)} password ${quoteLiteral(password)}`,
  // To see who streams from the primary.
  `grant pg_monitor to ${quoteIdentifier(user)}`,
  tableSql,
  `grant select, insert on pg_swarm_writes to ${quoteIdentifier(user)}`,
]
