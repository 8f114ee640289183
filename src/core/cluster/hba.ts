/**
 * pg_hba.conf: who may connect, first match wins (manual section 20.1). Nobody is trusted, not even
 * over the socket; the superuser does not come over the network; what limits a database comes before the
 * profile's lines, and those before the last one, which asks every other user for a password.
 */
import { type ClusterDatabase, type Databases, noDatabases } from "#core/cluster/databases.ts"
import type { ProfileSpec } from "#core/cluster/spec.ts"
import { doorUser, replicationUser, superuser } from "#core/names.ts"
import type { Problem } from "#core/parsed.ts"

const head = [
  "local all all scram-sha-256",
  "local replication all scram-sha-256",
  // Streaming, base backups, and what pg_rewind reads through an ordinary connection.
  `host replication ${replicationUser} all scram-sha-256`,
  `host postgres ${replicationUser} all scram-sha-256`,
  `host all ${replicationUser} all reject`,
  `host all ${superuser} all reject`,
  `host replication ${superuser} all reject`,
]
const tail = ["host all all all scram-sha-256"]

/** The `pg_hba.conf` of a cluster. */
export const pgHba = (spec: ProfileSpec & { readonly databases?: Databases | undefined }): string =>
  [
    "# Written by pg-swarm; change the profile instead.",
    ...head,
    "# Databases that may be reached from some addresses only.",
    ...databaseHba(spec.databases ?? noDatabases),
    "# From the profile.",
    ...spec.hba.map((line) => line.trim()),
    "# Everybody else.",
    ...tail,
    "",
  ].join("\n")

/** The limits of all databases, in the order of their names: the same limits are the same text. */
export const databaseHba = ({ databases }: Databases): readonly string[] =>
  databases.toSorted((a, b) => (a.name < b.name ? -1 : 1)).flatMap((database) => limitHba(database))

/** The lines that limit one database; the last refuses everybody whom none before it let through. */
export function limitHba({ name, allowedCidrs, dropping }: ClusterDatabase): readonly string[] {
  // Nobody comes back while it is being dropped.
  if (allowedCidrs.length === 0 && dropping === undefined) return []
  // In quotes a word such as `all` or `replication` is a name like any other.
  const quoted = `"${name.replaceAll('"', '""')}"`
  return [
    ...(dropping === undefined ? allowedCidrs : []).map(
      (cidr) => `host ${quoted} all ${cidr} scram-sha-256`,
    ),
    `host ${quoted} all all reject`,
  ]
}

/**
 * The rules with a door before them. Closed, nobody but the server's own superuser over the socket and
 * the replication user gets in. `doorUser` never exists: what its login gets as an answer shows which
 * rules the running server has.
 */
export const doorHba = (rules: string, isOpen: boolean): string =>
  isOpen
    ? [`host all ${doorUser} all scram-sha-256`, rules].join("\n")
    : // The cluster's rules are left out: a mistake in them must not keep the door open.
      [
        `local all ${superuser} scram-sha-256`,
        `local replication ${superuser},${replicationUser} scram-sha-256`,
        `host replication ${replicationUser} all scram-sha-256`,
        `host postgres ${replicationUser} all scram-sha-256`,
        "local all all reject",
        "local replication all reject",
        "host all all all reject",
        "host replication all all reject",
        "",
      ].join("\n")

const methods = ["scram-sha-256", "md5", "reject", "cert", "gss", "sspi", "ldap", "radius", "pam"]
const addressShape =
  /^(all|samehost|samenet|[0-9.]+(\/\d{1,2})?|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(\/\d{1,3})?|\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?)$/
// oxlint-disable-next-line no-control-regex -- they are what must not come in
const controlCharacters = /[\u0000-\u0008\u000a-\u001f\u007f]/

/** Everything that is wrong with a profile's lines. */
export const checkHba = (lines: readonly string[]): readonly Problem[] =>
  lines.flatMap((line, at) =>
    lineProblems(line).map((problem) => ({ field: `hba[${at}]`, problem })),
  )

function lineProblems(line: string): readonly string[] {
  if (controlCharacters.test(line)) return ["holds a line break or another control character"]
  if (line.trimEnd().endsWith("\\"))
    return ["ends in a backslash, which would swallow the next line"]
  const fields = tokens(line)
  if (fields === undefined) return ["has a quote that is not closed"]
  const [type, database, user, address, ...rest] = fields
  if (type === undefined) return line.includes("#") ? [] : ["is empty; remove it"]
  if (type.startsWith("include")) return ["files are not included from a profile"]
  if (type === "local") return ["local connections are pg-swarm's own; remove the line"]
  if (type === "hostssl" || type === "hostgssenc")
    return [`${type} would never match: TLS between clients and PostgreSQL is not configurable yet`]
  if (type !== "host" && type !== "hostnossl")
    return [`begins with ${type}; expected host or hostnossl`]
  if (database === undefined || user === undefined || address === undefined)
    return ["expected: host DATABASE USER ADDRESS METHOD"]
  const masked = /^[0-9.]+$/.test(address) && /^[0-9.]+$/.test(rest[0] ?? "")
  const method = masked ? rest[1] : rest[0]
  return [
    ...namesProblems(database, user),
    ...addressProblems(address, masked),
    ...methodProblems(method),
  ]
}

function namesProblems(database: string, user: string): readonly string[] {
  const files = [database, user].filter((field) => /(^|,)@/.test(field))
  const problems = files.map((field) => `${field}: files are not read from a profile`)
  const own = user.split(",").filter((name) => name === superuser || name === replicationUser)
  return [...problems, ...own.map((name) => `${name} is pg-swarm's own; its lines are fixed`)]
}

function addressProblems(address: string, masked: boolean): readonly string[] {
  if (!addressShape.test(address)) return [`${address} is no address, range or host name`]
  const plain = /^[0-9.]+$/.test(address)
  if (plain && !masked) return [`${address} needs a prefix length, e.g. ${address}/32`]
  return []
}

function methodProblems(method: string | undefined): readonly string[] {
  if (method === undefined) return ["has no method; scram-sha-256 asks for a password"]
  if (method === "trust") return ["trust lets everybody in without a password; use scram-sha-256"]
  if (method === "password") return ["password sends passwords in clear; use scram-sha-256"]
  if (!methods.includes(method)) return [`${method}: expected one of ${methods.join(", ")}`]
  return []
}

/** Fields of a line, quotes kept together with what they touch; undefined for an open quote. */
function tokens(line: string): readonly string[] | undefined {
  const found: string[] = []
  let field = ""
  let inQuotes = false
  for (const letter of line) {
    if (letter === '"') inQuotes = !inQuotes
    if (!inQuotes && letter === "#") break
    if (!inQuotes && (letter === " " || letter === "\t")) {
      if (field !== "") found.push(field)
      field = ""
    } else field += letter
  }
  if (field !== "") found.push(field)
  return inQuotes ? undefined : found
}
