/**
 * From what a cluster's primary has to what it should have: one step at a time, each decided from a fresh look at
 * the catalog, so that a primary that dies half-way, and the one after it, simply go on. What pg-swarm made it
 * marks in a table of its own; what it did not make it never touches.
 */
import type { ClusterDatabase, DatabaseRole } from "#core/cluster/databases.ts"

/** What is at the server. Names are exact. */
export type Catalog = {
  readonly roles: ReadonlyMap<
    string,
    { readonly oid: number; readonly verifier: string | undefined }
  >
  readonly databases: ReadonlyMap<
    string,
    { readonly oid: number; readonly owner: string; readonly sessions: number }
  >
  /** What pg-swarm made. Of a database without an oid it is not known whether its making came to its end. */
  readonly marks: {
    readonly roles: ReadonlyMap<string, { readonly oid: number }>
    readonly databases: ReadonlyMap<string, { readonly oid: number | undefined }>
  }
}

export type DatabaseStep =
  | { readonly kind: "create-role"; readonly role: string; readonly verifier: string }
  | { readonly kind: "set-password"; readonly role: string; readonly verifier: string }
  | { readonly kind: "create-database"; readonly name: string; readonly owner: string }
  /** It was made, and the primary died before it could say so. */
  | { readonly kind: "settle-database"; readonly name: string }
  | {
      readonly kind: "change-owner"
      readonly name: string
      readonly to: string
      /** Whose objects in the database become the new owner's; undefined where it is nobody that pg-swarm made. */
      readonly from: string | undefined
    }
  | { readonly kind: "drop-database"; readonly name: string }
  | { readonly kind: "forget-database"; readonly name: string }
  | { readonly kind: "drop-role"; readonly role: string }

export type Next =
  | { readonly kind: "step"; readonly step: DatabaseStep }
  | { readonly kind: "applied" }
  | { readonly kind: "dropped"; readonly reason: string | undefined }
  | { readonly kind: "waiting"; readonly reason: string }
  | { readonly kind: "failed"; readonly reason: string }

const step = (one: DatabaseStep): Next => ({ kind: "step", step: one })
const failed = (reason: string): Next => ({ kind: "failed", reason })

export type Wanted = {
  readonly database: ClusterDatabase
  readonly role: DatabaseRole | undefined
  /** Why its limits do not bind yet; undefined when they do. */
  readonly unlimited: string | undefined
  /** Whether another database that stays has the same owner. */
  readonly sharesOwner: boolean
}

/** What is to be done next for one database, or how it stands when nothing is. */
export function nextStep(wanted: Wanted, catalog: Catalog): Next {
  if (wanted.database.dropping !== undefined) return nextDrop(wanted, catalog)
  // Before the database is there at all: it is never reachable from where it must not be.
  if (wanted.unlimited !== undefined) return { kind: "waiting", reason: wanted.unlimited }
  const forDatabase = nextForDatabase(wanted.database, catalog)
  // Nothing is made for a database that can not be.
  return forDatabase.kind === "failed" ? forDatabase : (nextForRole(wanted, catalog) ?? forDatabase)
}

function nextForRole({ database, role }: Wanted, { roles, marks }: Catalog): Next | undefined {
  const name = database.owner
  const held = roles.get(name)
  const mark = marks.roles.get(name)
  const verifier = role?.verifier
  if (held === undefined)
    return verifier === undefined
      ? {
          kind: "waiting",
          reason: `the site does not know the password of ${name}; it is told again when it is connected with central`,
        }
      : step({ kind: "create-role", role: name, verifier })
  if (mark?.oid !== held.oid)
    return failed(
      `a role ${name} is at the server that pg-swarm did not make: choose another owner, or rename that role`,
    )
  if (verifier !== undefined && held.verifier !== verifier)
    return step({ kind: "set-password", role: name, verifier })
  return undefined
}

function nextForDatabase({ name, owner }: ClusterDatabase, { databases, marks }: Catalog): Next {
  const held = databases.get(name)
  const mark = marks.databases.get(name)
  if (held === undefined) {
    if (mark?.oid === undefined) return step({ kind: "create-database", name, owner })
    const now = [...databases].find(([, { oid }]) => oid === mark.oid)?.[0]
    return failed(
      now === undefined
        ? "it was made and is not at the server any more: somebody dropped it; it is not made anew by itself, drop it here first"
        : `it is called ${now} at the server now: rename it back, or drop it here and make another`,
    )
  }
  if (mark === undefined)
    return failed(
      "a database of this name is at the server that pg-swarm did not make: it is left alone; choose another name, or rename that one",
    )
  if (mark.oid === undefined) return step({ kind: "settle-database", name })
  if (mark.oid !== held.oid)
    return failed(
      "another database took its name at the server: it is left alone; rename that one, then drop this here and make it anew",
    )
  if (held.owner !== owner) {
    const from = marks.roles.has(held.owner) ? held.owner : undefined
    return step({ kind: "change-owner", name, from, to: owner })
  }
  return { kind: "applied" }
}

function nextDrop({ database, sharesOwner }: Wanted, { roles, databases, marks }: Catalog): Next {
  const { name, owner, dropping } = database
  const held = databases.get(name)
  const mark = marks.databases.get(name)
  const isOurs = mark !== undefined && (mark.oid === undefined || mark.oid === held?.oid)
  if (held !== undefined && isOurs) return step({ kind: "drop-database", name })
  if (mark !== undefined) return step({ kind: "forget-database", name })
  const role = roles.get(owner)
  if (dropping?.role === true && !sharesOwner && role !== undefined)
    if (marks.roles.get(owner)?.oid === role.oid) return step({ kind: "drop-role", role: owner })
  return {
    kind: "dropped",
    reason:
      held === undefined
        ? undefined
        : "a database of this name that pg-swarm did not make is left at the server",
  }
}
