/**
 * The databases of a cluster and the roles that own them. A role's password is known beyond the request that
 * set it only as what PostgreSQL itself keeps of it, a SCRAM-SHA-256 verifier.
 */
import { cidrProblem } from "#core/cluster/cidr.ts"
import { doorUser, replicationUser, superuser } from "#core/names.ts"
import type { Problem } from "#core/parsed.ts"

export type DatabaseRole = {
  readonly name: string
  /** Rises with each new password. */
  readonly revision: number
  /** A secret. Undefined where it is not known (any more): the password is left as it is. */
  readonly verifier: string | undefined
}

export type ClusterDatabase = {
  readonly name: string
  readonly owner: string
  /** Rises with each change that the server must take over, also of its owner's password. */
  readonly revision: number
  /** Who may connect from where; none: from anywhere that the cluster's other rules allow. */
  readonly allowedCidrs: readonly string[]
  /** Sessions from elsewhere are ended, and not only refused anew. */
  readonly endSessions: boolean
  /** An order to drop it. Absence of a database drops nothing. */
  readonly dropping: { readonly role: boolean } | undefined
}

export type Databases = {
  readonly roles: readonly DatabaseRole[]
  readonly databases: readonly ClusterDatabase[]
}

/** A database that a profile gives each of its clusters, once. */
export type InitialDatabase = Pick<
  ClusterDatabase,
  "name" | "owner" | "allowedCidrs" | "endSessions"
>

export const noDatabases: Databases = { roles: [], databases: [] }

/**
 * What the primary says of one. `applied`: seen to be so in its catalog. `waiting`: not yet, and not because of
 * an error. `failed`: tried, refused, tried again later.
 */
export const databaseStates = ["applied", "waiting", "failed", "dropped"] as const
export type DatabaseState = (typeof databaseStates)[number]

export type DatabaseHealth = {
  readonly name: string
  readonly revision: number
  readonly state: DatabaseState
  /** One sentence; undefined while there is nothing to say. */
  readonly reason: string | undefined
  /** Sessions that are connected to it on the primary; undefined where nobody counted. */
  readonly sessions: number | undefined
}

export const databasesMax = 100
export const allowedCidrsMax = 32
/** Of an identifier, in bytes: `NAMEDATALEN - 1`. PostgreSQL would cut a longer one off. */
export const identifierMax = 63

/** Bytes of the text in UTF-8. */
function utf8Length(text: string): number {
  let length = 0
  for (const letter of text) {
    const point = letter.codePointAt(0) ?? 0
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return length
}

// oxlint-disable-next-line no-control-regex -- they are what must not come in
const controlLetters = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

function identifierProblem(name: string): string | undefined {
  if (name === "") return "is empty"
  if (!name.isWellFormed()) return "holds half of a letter (a lone surrogate)"
  if (controlLetters.test(name))
    return "holds a line break or another control character; leave it out"
  const length = utf8Length(name)
  if (length > identifierMax)
    return `is ${length} bytes long in UTF-8; PostgreSQL keeps ${identifierMax}: shorten it`
  return undefined
}

/** What is wrong with the name of a database; undefined for a good one. */
export function databaseNameProblem(name: string): string | undefined {
  const problem = identifierProblem(name)
  if (problem !== undefined) return problem
  if (name === "postgres" || name.startsWith("template"))
    return "is PostgreSQL's own (postgres, template…); choose another name"
  if (name.startsWith("/"))
    return "begins with a slash, which pg_hba.conf reads as a regular expression; choose another name"
  return undefined
}

const reservedRoles = new Set([
  "public",
  "none",
  "current_user",
  "current_role",
  "session_user",
  "user",
])

/** What is wrong with the name of a role; undefined for a good one. */
export function roleNameProblem(name: string): string | undefined {
  const problem = identifierProblem(name)
  if (problem !== undefined) return problem
  if (name.startsWith("pg_")) return "begins with pg_, which PostgreSQL keeps to itself"
  if (reservedRoles.has(name))
    return "is a word that PostgreSQL keeps to itself; choose another name"
  if ([superuser, replicationUser, doorUser].includes(name) || name.startsWith("pgswarm"))
    return "is pg-swarm's own; choose another name"
  return undefined
}

/** What is wrong with a list of ranges, by its place in `field`. */
export const cidrsProblems = (field: string, cidrs: readonly string[]): readonly Problem[] => [
  ...(cidrs.length > allowedCidrsMax
    ? [{ field, problem: `at most ${allowedCidrsMax} ranges; join some` }]
    : []),
  ...cidrs.flatMap((cidr, at) => {
    const problem = cidrProblem(cidr)
    if (problem !== undefined) return [{ field: `${field}[${at}]`, problem }]
    return cidrs.indexOf(cidr) < at
      ? [{ field: `${field}[${at}]`, problem: `${cidr} is there twice` }]
      : []
  }),
]

export const verifierShape =
  /^SCRAM-SHA-256\$[1-9]\d{0,6}:[A-Za-z0-9+/]{8,100}={0,2}\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=$/

/** Everything that is wrong with the databases of a cluster. */
export function checkDatabases({ roles, databases }: Databases): readonly Problem[] {
  const problems: Problem[] = []
  const note = (field: string, problem: string | undefined): void => {
    if (problem !== undefined) problems.push({ field, problem })
  }
  if (databases.length > databasesMax) note("databases", `at most ${databasesMax} databases`)
  const known = new Set(roles.map(({ name }) => name))
  for (const [at, { name, verifier }] of roles.entries()) {
    note(`roles[${at}].name`, roleNameProblem(name))
    if (verifier !== undefined && !verifierShape.test(verifier))
      note(`roles[${at}].verifier`, "is no SCRAM-SHA-256 verifier")
  }
  for (const [at, database] of databases.entries()) {
    const field = `databases[${at}]`
    note(`${field}.name`, databaseNameProblem(database.name))
    if (!known.has(database.owner)) note(`${field}.owner`, "is no role of the cluster")
    if (databases.findIndex(({ name }) => name === database.name) < at)
      note(`${field}.name`, "is there twice")
    problems.push(...cidrsProblems(`${field}.allowedCidrs`, database.allowedCidrs))
  }
  return problems
}

/** With the verifiers that are held already, where none is said. */
export const completed = (databases: Databases, held: Databases): Databases => ({
  ...databases,
  roles: databases.roles.map((role) => ({
    ...role,
    verifier:
      role.verifier ??
      held.roles.find(({ name, revision }) => name === role.name && revision === role.revision)
        ?.verifier,
  })),
})

/** Whether something is missing that only central can say. */
export const lacksVerifiers = (databases: Databases | undefined): boolean =>
  databases?.roles.some(({ verifier }) => verifier === undefined) === true
