/**
 * The server's door for clients: whether a login gets in is tried, never assumed, and sessions are counted
 * until there are none. Closing it never stops the server, replication or the sidecar itself.
 */
import pg from "pg"
import { doorUser, port, replicationUser, superuser } from "#core/names.ts"
import { millis, seconds } from "#core/units.ts"
import type { Action } from "#core/failover/decision.ts"
import { Outage } from "#io/outage.ts"
import { integerOf } from "#io/postgres/row.ts"
import type { OwnServer } from "./local-server.ts"
import { type PerformPorts, reload } from "./ports.ts"

export type Door = {
  /** Whether a new login is let in, as far as being asked for its password. Throws when nobody says. */
  readonly isOpen: () => Promise<boolean>
  /** Tells every session of a client to end, and whoever is slow to log in; how many there were. */
  readonly clear: () => Promise<number>
}

const tryWithin = millis(1500)
const movedWithin = seconds(3)
const clearedWithin = seconds(10)

/** The door of the server that listens on `address`. */
export function openDoor(address: string, server: OwnServer): Door {
  /** Logins that were under way at the last look: who still is has been slow, and may be a client. */
  let arriving: readonly number[] = []
  return {
    isOpen: () => tryLogin(address),
    // Over the connection that stands already: a login of our own each time is what takes longest.
    clear: () =>
      server.quick(async (sql) => {
        const [row] = await sql`
            select count(pg_terminate_backend(pid))::int4 as ended from pg_stat_activity
            where backend_type = 'client backend' and usename is distinct from ${replicationUser}
              and (client_addr is not null or usename is distinct from ${superuser})
              and pid <> pg_backend_pid()`
        // Before PostgreSQL 18 a session that is asked for its password is in no list, but it holds a lock.
        const logins = await sql`
            select pid, case when pid = any(${arriving.map(String)}::int4[])
                then pg_terminate_backend(pid) end as ended
            from pg_locks
            where locktype = 'virtualxid' and pid <> pg_backend_pid()
              and pid not in (select pid from pg_stat_activity where pid is not null)`
        arriving = logins.map((login) => integerOf(login, "pid"))
        return (row === undefined ? 0 : integerOf(row, "ended")) + arriving.length
      }),
  }
}

/** `invalid_authorization_specification`: the rules refuse. `invalid_password`: they ask. */
async function tryLogin(address: string): Promise<boolean> {
  const client = new pg.Client({
    host: address,
    port: port.postgres,
    user: doorUser,
    password: "nobody knows it",
    database: "postgres",
    application_name: "pg_swarm_door",
    connectionTimeoutMillis: tryWithin,
  })
  client.on("error", () => undefined)
  try {
    await client.connect()
    return true
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined
    if (code === "28P01") return true
    if (code === "28000") return false
    throw new Outage("DOOR_UNKNOWN", "a login for trial was not answered", { cause })
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** Opens or closes the door, and is done when that was seen. */
export async function admit(
  ports: PerformPorts,
  action: Action & { readonly kind: "admit" },
  signal: AbortSignal,
): Promise<void> {
  const { running, known, log, clock, door } = ports
  await running.set({ clients: action.clients ? "admitted" : { refusing: action.why } })
  await reload(ports)
  await clock.until(() => moved(door, action.clients), {
    every: millis(20),
    within: movedWithin,
    signal,
  })
  known.server.heardDoor(action.clients)
  if (!action.clients) {
    const ended = await clear(ports, signal)
    log.event("clients.refused", { why: action.why, ended })
  } else log.event("clients.admitted")
  ports.look()
}

/** Whether the door is as it should be; a server that has no room for the trial is asked again. */
async function moved(door: Door, wanted: boolean): Promise<boolean> {
  try {
    return (await door.isOpen()) === wanted
  } catch {
    return false
  }
}

/** Until two looks in a row find no session: one that was on its way in appears between them. */
async function clear({ door, clock }: PerformPorts, signal: AbortSignal): Promise<number> {
  let ended = 0
  let calm = 0
  await clock.until(
    async () => {
      const found = await door.clear()
      ended += found
      calm = found === 0 ? calm + 1 : 0
      return calm >= 2
    },
    { every: millis(30), within: clearedWithin, signal },
  )
  return ended
}
