/** One connection of the bench's client, whose every wait has an end: a frozen server is not asked to say goodbye. */
import { Socket } from "node:net"
import { Client } from "pg"
import type { Account, Host } from "./system.ts"

export const connectMaxMs = 1_000
/** An application with an idea of how long a write may take. */
export const writeMaxMs = 1_500

export type Connection = { readonly client: Client; readonly close: () => void }

export async function connect(
  { host, port }: Host,
  account: Account,
  queryMaxMs: number,
): Promise<Connection> {
  let socket: Socket | undefined
  const client = new Client({
    ...account,
    host,
    port,
    connectionTimeoutMillis: connectMaxMs,
    query_timeout: queryMaxMs,
    application_name: "failover-bench",
    stream: () => {
      socket = new Socket() // the driver connects it; we keep it, to be able to destroy it
      socket.setNoDelay(true)
      return socket
    },
  })
  const close = (): void => void socket?.destroy()
  client.on("error", () => undefined) // a connection that breaks between two statements is found by the next
  try {
    await client.connect()
    return { client, close }
  } catch (error) {
    close()
    throw error
  }
}

/** libpq's `target_session_attrs=read-write`: the hosts in order, the first that is up and takes writes. */
export async function connectReadWrite(
  hosts: readonly Host[],
  account: Account,
): Promise<Connection & { readonly member: string }> {
  let why: unknown
  for (const host of hosts) {
    try {
      const connection = await connect(host, account, writeMaxMs)
      if (await takesWrites(connection)) return { ...connection, member: host.member }
      why = new Error(`${host.member} is read-only`)
      connection.close()
    } catch (error) {
      why = error
    }
  }
  throw new Error("no host takes writes", { cause: why })
}

async function takesWrites({ client, close }: Connection): Promise<boolean> {
  try {
    const { rows } = await client.query<{ readonly: string; standby: boolean }>(
      "select current_setting('transaction_read_only') as \"readonly\", pg_is_in_recovery() as standby",
    )
    return rows[0]?.readonly === "off" && !rows[0].standby
  } catch (error) {
    close()
    throw error
  }
}
