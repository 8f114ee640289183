/** Central's database: the one it is given, or a private server in its own folder. */
import { Outage } from "#io/outage.ts"
import { findServerBinaries } from "#io/postgres/binaries.ts"
import { startPrivateServer } from "#io/postgres/private-server.ts"
import type { DatabaseConfig } from "./config.ts"

export interface CentralDatabase extends AsyncDisposable {
  readonly url: string
  /** Resolves with the reason when a private server ended by itself; never for a given one. */
  readonly ended: Promise<string>
}

export async function openCentralDatabase(
  config: DatabaseConfig,
  signal: AbortSignal,
): Promise<CentralDatabase> {
  if (config.kind === "given")
    return {
      url: config.url,
      ended: new Promise(() => {}),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  const available = await findServerBinaries({
    folder: config.binaries,
    path: process.env["PATH"],
  })
  if (available.length === 0)
    throw new Outage(
      "NO_POSTGRES",
      "no PostgreSQL server (15 to 18) was found for central's own database: install one, name its folder in PG_SWARM_POSTGRES_BIN, or set DATABASE_URL",
    )
  const server = await startPrivateServer({ folder: config.folder, available, signal })
  return {
    url: server.connection.url,
    ended: server.ended,
    [Symbol.asyncDispose]: async () => server[Symbol.asyncDispose](),
  }
}
