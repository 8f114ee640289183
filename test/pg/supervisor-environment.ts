/** The environment of the postgres container (`core/names.ts`), for folders below `folder`. */
import { join } from "node:path"
import { env } from "#core/names.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"

export const supervisorEnvironment = (of: {
  readonly folder: string
  readonly address: string
  readonly binaries: ServerBinaries
  readonly wal: boolean
}): Record<string, string> => ({
  PATH: "/usr/local/bin:/usr/bin:/bin",
  PG_SWARM_BIN_DIR: of.binaries.dir,
  PG_SWARM_GRACE_SECONDS: "20",
  [env.podIp]: of.address,
  [env.dataDir]: join(of.folder, "data"),
  [env.walDir]: of.wal ? join(of.folder, "wal") : "",
  [env.runDir]: join(of.folder, "run"),
  [env.configDir]: join(of.folder, "config"),
  [env.secretDir]: join(of.folder, "secret"),
  // What the image of a test offers to recovery rules.
  PG_SWARM_COMMAND_DIR: join(of.folder, "commands"),
})
