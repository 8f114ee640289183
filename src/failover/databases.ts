/**
 * Keeps the cluster's databases as the satellite's list says, on the member that leads: level-triggered, so that a
 * failover, a restart or a missed change only means that the next look finds more to do. Every member ends
 * sessions that a limit does not allow. Nothing here decides who is primary, and nothing there waits for it.
 */
import { readFile, stat } from "node:fs/promises"
import { join } from "node:path"
import { backoff } from "#core/backoff.ts"
import { nextStep, type Next } from "#core/cluster/database-step.ts"
import type { ClusterDatabase, DatabaseHealth, Databases } from "#core/cluster/databases.ts"
import { limitHba } from "#core/cluster/hba.ts"
import { leadingTerm } from "#core/failover/standing.ts"
import { configKey, secretKey } from "#core/names.ts"
import { millis, seconds } from "#core/units.ts"
import { KeptFiles } from "#io/kept-files.ts"
import { parseDatabases } from "#wire/databases-file.ts"
import type { Parts } from "./assemble.ts"
import { readCatalog, readRulesState } from "./database-catalog.ts"
import {
  beginDeeds,
  doStep,
  endForeignSessions,
  type Deeds,
  type Session,
} from "./database-deeds.ts"
import { tell } from "./ports.ts"

/** Longest of one statement: `create database` copies a template, `drop database` waits for its sessions to end. */
const statementWithin = seconds(60)
/** All is as it should be: still looked at, for what somebody changes by hand, and for the count of sessions. */
const lookAgainAfter = seconds(20)
const retry = { first: seconds(1), longest: seconds(60) }
/** More than any database needs from nothing to done. */
const stepsMax = 8

export class DatabaseKeeper {
  readonly #parts: Parts
  readonly #list: KeptFiles<string | undefined>
  #text: string | undefined
  #role: string | undefined
  #dueAt = 0
  #attempt = 0

  constructor(parts: Parts) {
    this.#parts = parts
    const file = join(parts.config.secretDir, secretKey.databases)
    this.#list = new KeptFiles([file], () => readList(file), "at-once")
  }

  /** To be called each second or so. */
  async step(signal: AbortSignal): Promise<void> {
    const { clock, board } = this.#parts
    const role = this.#standing()
    const text = await this.#list.get()
    if (role !== this.#role || text !== this.#text) {
      this.#dueAt = 0
      this.#attempt = 0
    }
    this.#role = role
    this.#text = text
    if (!role.startsWith("primary")) board.databases(undefined)
    if (role === "none" || clock.now() < this.#dueAt) return
    const parsed = parseDatabases(text)
    if (parsed.kind === "bad") {
      this.#later(false)
      return this.#parts.log.error("databases.unreadable", { problems: parsed.problems })
    }
    if (parsed.value.databases.length === 0)
      return board.databases(role === "standby" ? undefined : [])
    try {
      const isDone =
        role === "standby"
          ? await this.#limit(parsed.value.databases, signal)
          : await this.#lead(parsed.value, signal)
      this.#later(isDone)
    } catch (failure) {
      this.#later(false)
      if (!signal.aborted) this.#parts.log.warn("databases.failed", { why: messageOf(failure) })
    }
  }

  /** `primary <term>` while this member leads: another term is another reason to look. */
  #standing(): string {
    const seen = this.#parts.observe()
    if (seen.server.kind === "standby") return "standby"
    if (seen.server.kind !== "primary" || seen.self === undefined) return "none"
    const term = leadingTerm(seen, seen.self)
    return term === undefined ? "none" : `primary ${term}`
  }

  #later(isDone: boolean): void {
    const { clock } = this.#parts
    this.#attempt = isDone ? 0 : this.#attempt + 1
    const pause = isDone ? lookAgainAfter : backoff(this.#attempt - 1, Math.random(), retry)
    this.#dueAt = clock.now() + pause
  }

  /** True when every database is as it should be. */
  async #lead(wanted: Databases, signal: AbortSignal): Promise<boolean> {
    const { server, board } = this.#parts
    const found = await server.patient(
      statementWithin,
      async (sql, script) => {
        const session = { sql, script }
        if (!(await beginDeeds(session))) return undefined
        const within: Deeds["within"] = (database, work) =>
          server.patient(
            statementWithin,
            (inner, run) => work({ sql: inner, script: run }),
            signal,
            database,
          )
        return this.#keep({ ...session, within }, wanted)
      },
      signal,
    )
    if (found === undefined) return false
    board.databases(found)
    return found.every(({ state }) => state === "applied" || state === "dropped")
  }

  async #keep(deeds: Deeds, wanted: Databases): Promise<readonly DatabaseHealth[] | undefined> {
    const rules = await this.#rules(deeds)
    const found: DatabaseHealth[] = []
    for (const database of wanted.databases) {
      const unlimited = whyUnlimited(database, rules)
      const sharesOwner = wanted.databases.some(
        (other) =>
          other.name !== database.name &&
          other.owner === database.owner &&
          other.dropping === undefined,
      )
      const role = wanted.roles.find(({ name }) => name === database.owner)
      const next = await this.#bring(deeds, { database, role, unlimited, sharesOwner })
      if (next === undefined) return undefined
      if (next.kind === "applied") await this.#end(deeds, database)
      found.push({
        name: database.name,
        revision: database.revision,
        state: next.kind,
        reason: "reason" in next ? next.reason : undefined,
        sessions: next.sessions,
      })
    }
    return found
  }

  /** One database, step by step until there is none left; undefined when this member does not lead any more. */
  async #bring(
    deeds: Deeds,
    wanted: Parameters<typeof nextStep>[0],
  ): Promise<
    (Exclude<Next, { kind: "step" }> & { readonly sessions: number | undefined }) | undefined
  > {
    const { log } = this.#parts
    const { name } = wanted.database
    for (let taken = 0; taken < stepsMax; taken += 1) {
      const catalog = await readCatalog(deeds.sql)
      const next = nextStep(wanted, catalog)
      const sessions = catalog.databases.get(name)?.sessions
      if (next.kind !== "step") return { ...next, sessions }
      if (!this.#standing().startsWith("primary")) return undefined
      try {
        await doStep(deeds, next.step)
        log.event("database.step", { database: name, step: next.step.kind })
      } catch (failure) {
        // A transaction that failed half-way must not be the next database's.
        await deeds.script("rollback").catch(() => undefined)
        const reason = `${inWords[next.step.kind]}: ${messageOf(failure)}`
        log.warn("database.step-failed", { database: name, step: next.step.kind, why: reason })
        return { kind: "failed", reason, sessions }
      }
    }
    return {
      kind: "failed",
      reason: "it does not come to rest: something undoes what is done",
      sessions: undefined,
    }
  }

  /** On a standby only sessions are ended: what else there is comes by replication. */
  async #limit(databases: readonly ClusterDatabase[], signal: AbortSignal): Promise<boolean> {
    const { server } = this.#parts
    const limited = databases.filter(
      ({ allowedCidrs, endSessions }) => endSessions && allowedCidrs.length > 0,
    )
    if (limited.length === 0) return true
    return server.patient(
      statementWithin,
      async (sql, script) => {
        const rules = await this.#rules({ sql, script })
        for (const database of limited)
          if (whyUnlimited(database, rules) === undefined)
            await this.#end({ sql, script }, database)
        return limited.every((database) => whyUnlimited(database, rules) === undefined)
      },
      signal,
    )
  }

  async #end(
    { sql }: Session,
    { name, allowedCidrs, endSessions }: ClusterDatabase,
  ): Promise<void> {
    if (!endSessions || allowedCidrs.length === 0) return
    const ended = await endForeignSessions(sql, name, allowedCidrs)
    if (ended === 0) return
    tell(this.#parts, {
      kind: "database.sessions-ended",
      severity: "info",
      message: `${ended} sessions of ${name} on ${this.#parts.config.pod} came from where it may not be reached any more, and were ended`,
      details: { database: name, sessions: String(ended) },
    })
  }

  /** The rules that the running server has; undefined lines where it has not read the file as it is now. */
  async #rules({ sql }: Session): Promise<Rules> {
    const file = join(this.#parts.config.runDir, configKey.hba)
    const lines = new Set((await readFile(file, "utf8")).split("\n"))
    const { mtimeMs } = await stat(file)
    const { loadedAt, problem } = await readRulesState(sql)
    if (problem !== undefined)
      return { lines, problem: `the server cannot read its rules: ${problem}` }
    if (loadedAt >= Math.floor(mtimeMs)) return { lines, problem: undefined }
    await sql`select pg_reload_conf()`
    return { lines, problem: "the server has not read its rules yet" }
  }
}

type Rules = { readonly lines: ReadonlySet<string>; readonly problem: string | undefined }

function whyUnlimited(database: ClusterDatabase, { lines, problem }: Rules): string | undefined {
  const wanted = limitHba(database)
  if (wanted.length === 0) return undefined
  if (problem !== undefined) return problem
  return wanted.every((line) => lines.has(line))
    ? undefined
    : "the rules that limit it are not at the server yet"
}

const inWords: Readonly<Record<Extract<Next, { kind: "step" }>["step"]["kind"], string>> = {
  "create-role": "its owner could not be made",
  "set-password": "the password of its owner could not be set",
  "create-database": "it could not be made",
  "settle-database": "it was made, and could not be closed to others",
  "change-owner": "it could not be given to its new owner",
  "drop-database": "it could not be dropped",
  "forget-database": "it is gone, and that could not be noted",
  "drop-role": "it is gone; its owner could not be dropped",
}

/** Undefined where the satellite wrote none. */
async function readList(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8")
  } catch (failure) {
    if (failure instanceof Error && "code" in failure && failure.code === "ENOENT") return undefined
    throw failure
  }
}

/** The message alone: an error of the driver carries the statement's context, which is nobody's business. */
const messageOf = (failure: unknown): string =>
  (failure instanceof Error ? failure.message : String(failure)).slice(0, 300)

/** How often the list is looked at. */
export const databasesEvery = millis(1000)
