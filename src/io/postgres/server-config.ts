/**
 * `<run>/postgresql.conf`: what the server reads first and last. It includes the profile's file and adds
 * the settings that change with the roles of the members. A change is a new file and a reload, so
 * neither a clone nor a rewind can bring foreign settings along.
 */
import { open, rename } from "node:fs/promises"
import { join } from "node:path"
import { assert } from "#core/assert.ts"

/** Keywords of libpq (manual 34.1.2); absent ones are left to libpq. */
export type Conninfo = Readonly<Record<string, string | number | undefined>>

export type ServerSettings = {
  /** Absolute path of the file that comes first; what follows here wins over it. */
  readonly include: string | undefined
  readonly clusterName: string
  /** Whom to follow; undefined on a primary and on a standby that has nobody yet. */
  readonly primaryConninfo: Conninfo | undefined
  readonly primarySlotName: string | undefined
  readonly synchronousStandbys: SynchronousStandbys | undefined
  /** Other settings, by name. */
  readonly others: Readonly<Record<string, string | number | boolean>>
}

/** `ANY count (members)`: commits wait until `count` of the members have flushed. */
export type SynchronousStandbys = {
  readonly count: number
  readonly members: readonly string[]
}

/** A connection string for libpq, every value quoted. */
export function conninfo(parts: Conninfo): string {
  return Object.entries(parts)
    .flatMap(([keyword, value]) => {
      if (value === undefined) return []
      assert(/^[a-z_]+$/.test(keyword), "a libpq keyword is a word in lower case")
      assert(!String(value).includes("\0"), "a connection string holds no NUL")
      return [`${keyword}='${String(value).replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`]
    })
    .join(" ")
}

/** The value of `synchronous_standby_names`; the empty one turns synchronous replication off. */
export function synchronousStandbyNames(wanted: SynchronousStandbys | undefined): string {
  if (wanted === undefined || wanted.members.length === 0) return ""
  assert(
    Number.isInteger(wanted.count) && wanted.count > 0 && wanted.count <= wanted.members.length,
    "a quorum of standbys is between one and all of them",
  )
  const names = wanted.members.map((name) => `"${name.replaceAll('"', '""')}"`)
  return `ANY ${wanted.count} (${names.join(", ")})`
}

/** The text of the file. */
export function serverConfig(settings: ServerSettings): string {
  const all: readonly (readonly [string, string | number | boolean | undefined])[] = [
    ["cluster_name", settings.clusterName],
    [
      "primary_conninfo",
      settings.primaryConninfo === undefined ? "" : conninfo(settings.primaryConninfo),
    ],
    ["primary_slot_name", settings.primarySlotName ?? ""],
    ["synchronous_standby_names", synchronousStandbyNames(settings.synchronousStandbys)],
    ...Object.entries(settings.others),
  ]
  const lines = all.map(([name, value]) => setting(name, value ?? ""))
  const include = settings.include === undefined ? [] : [`include ${quoted(settings.include)}`]
  return `${["# Written by the failover sidecar; a change by hand is lost.", ...include, ...lines].join("\n")}\n`
}

function setting(name: string, value: string | number | boolean): string {
  assert(/^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$/.test(name), "a setting has a name")
  if (typeof value === "boolean") return `${name} = ${value ? "on" : "off"}`
  return `${name} = ${typeof value === "number" ? String(value) : quoted(value)}`
}

/** A string as the configuration file reads it: quotes doubled, escapes escaped, never more than one line. */
function quoted(text: string): string {
  assert(!text.includes("\0"), "a setting holds no NUL")
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("'", "''")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
  return `'${escaped}'`
}

/** Puts the file in its place; a server that reads it meanwhile sees the old one or the new one. Mode 0600: it may carry a password. */
export async function writeServerConfig(runDir: string, settings: ServerSettings): Promise<void> {
  const made = join(runDir, "postgresql.conf.new")
  {
    await using file = await open(made, "w", 0o600)
    await file.writeFile(serverConfig(settings))
  }
  await rename(made, join(runDir, "postgresql.conf"))
}
