/** The databases of a cluster, down as an order and up as what was seen of them. */
import { create } from "@bufbuild/protobuf"
import {
  type ClusterDatabase,
  type DatabaseHealth,
  type DatabaseRole,
  type Databases,
  type DatabaseState,
  allowedCidrsMax,
  databasesMax,
  identifierMax,
  verifierShape,
} from "#core/cluster/databases.ts"
import {
  type ClusterDatabases as WireDatabases,
  ClusterDatabasesSchema,
} from "./gen/pgswarm/v1/config_pb.ts"
import {
  type DatabasesHealth,
  DatabasesHealthSchema,
  DatabaseState as WireState,
} from "./gen/pgswarm/v1/health_pb.ts"
import type { Reader } from "./proto-field.ts"

const reasonMax = 500

export const encodeDatabases = ({ roles, databases }: Databases): WireDatabases =>
  create(ClusterDatabasesSchema, {
    roles: roles.map(({ name, revision, verifier }) => ({
      name,
      revision,
      ...(verifier === undefined ? {} : { verifier }),
    })),
    databases: databases.map((one) => ({
      name: one.name,
      owner: one.owner,
      revision: one.revision,
      allowedCidrs: [...one.allowedCidrs],
      endSessions: one.endSessions,
      dropping: one.dropping !== undefined,
      dropRole: one.dropping?.role === true,
    })),
  })

/** Shapes and bounds; what names and ranges may be, `checkDatabases` says. */
export function readDatabases(read: Reader, path: string, message: WireDatabases): Databases {
  return {
    roles: read.list(`${path}.roles`, message.roles, databasesMax).map((role, at): DatabaseRole => {
      const field = `${path}.roles[${at}]`
      const { verifier } = role
      if (verifier !== undefined && !verifierShape.test(verifier))
        read.note(`${field}.verifier`, "is no SCRAM-SHA-256 verifier")
      return {
        name: read.text(`${field}.name`, role.name, identifierMax),
        revision: read.count(`${field}.revision`, role.revision, 1),
        verifier,
      }
    }),
    databases: read
      .list(`${path}.databases`, message.databases, databasesMax)
      .map((one, at): ClusterDatabase => {
        const field = `${path}.databases[${at}]`
        const cidrs = read.list(`${field}.allowed_cidrs`, one.allowedCidrs, allowedCidrsMax)
        return {
          name: read.text(`${field}.name`, one.name, identifierMax),
          owner: read.text(`${field}.owner`, one.owner, identifierMax),
          revision: read.count(`${field}.revision`, one.revision, 1),
          allowedCidrs: cidrs.map((cidr, nth) =>
            read.text(`${field}.allowed_cidrs[${nth}]`, cidr, 50),
          ),
          endSessions: one.endSessions,
          dropping: one.dropping ? { role: one.dropRole } : undefined,
        }
      }),
  }
}

const stateToWire: Readonly<Record<DatabaseState, WireState>> = {
  applied: WireState.APPLIED,
  waiting: WireState.WAITING,
  failed: WireState.FAILED,
  dropped: WireState.DROPPED,
}

export const encodeDatabasesHealth = (databases: readonly DatabaseHealth[]): DatabasesHealth =>
  create(DatabasesHealthSchema, {
    databases: databases
      .slice(0, databasesMax)
      .map(({ name, revision, state, reason, sessions }) => ({
        name,
        revision,
        state: stateToWire[state],
        ...(reason === undefined ? {} : { reason: reason.slice(0, reasonMax) }),
        ...(sessions === undefined ? {} : { sessions }),
      })),
  })

export const readDatabasesHealth = (
  read: Reader,
  path: string,
  message: DatabasesHealth,
): readonly DatabaseHealth[] =>
  read
    .list(`${path}.databases`, message.databases, databasesMax)
    .map(({ name, revision, state, reason, sessions }, at) => {
      const field = `${path}.databases[${at}]`
      return {
        name: read.text(`${field}.name`, name, identifierMax),
        revision: read.count(`${field}.revision`, revision, 1),
        state: read.word(`${field}.state`, state, stateToWire, "waiting"),
        reason: reason === undefined ? undefined : read.short(`${field}.reason`, reason, reasonMax),
        sessions: sessions === undefined ? undefined : read.count(`${field}.sessions`, sessions),
      }
    })
