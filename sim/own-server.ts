/** The sidecar's connection to its own server: the few statements that it sends, understood by their text. */
import { nobodyYet } from "../src/failover/local-server.ts"
import { term } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import { Outage } from "#io/outage.ts"
import type { Row } from "#io/postgres/row.ts"
import type { Sql, Value } from "#io/postgres/sql.ts"
import { synchronousStandbyNames } from "#io/postgres/server-config.ts"
import type { Door } from "../src/failover/door.ts"
import type { Looked, OwnServer } from "../src/failover/local-server.ts"
import type { Postgres, Running } from "./postgres.ts"
import { pause, type Process } from "./process.ts"
import { historyOf } from "./wal.ts"

const lookWithin = 1500

export type Connection = {
  readonly sidecar: Process
  readonly server: () => Postgres | undefined
  /** What the configuration file says now. */
  readonly running: () => Running
  readonly now: () => number
  readonly unknown: (statement: string) => void
}

class DriverError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export function ownServer(to: Connection): OwnServer {
  /** Asks the server; what a frozen or dead one does to the driver. */
  const ask = <T>(within: number, answer: (server: Postgres) => T | Promise<T>): Promise<T> => {
    const server = to.server()
    if (server === undefined || !server.process.alive)
      return pause(to.sidecar, 1).then(() => {
        throw new DriverError("ECONNREFUSED", "connection refused")
      })
    return new Promise<T>((resolve, reject) => {
      const { sidecar } = to
      const cancel = sidecar.after(within, () => reject(new Error("timeout of the query")))
      const back = (run: () => void): void =>
        sidecar.deliver(() => {
          cancel()
          run()
        })
      server.process.after(server.ground.dice.between(0, 4), () => {
        if (server.phase !== "up")
          return back(() => reject(new DriverError("57P03", "the database system is starting up")))
        Promise.resolve(answer(server)).then(
          (value) => back(() => resolve(value)),
          (failure: unknown) => back(() => reject(failure)),
        )
      })
    })
  }
  const sqlOf =
    (within: number): Sql =>
    (strings, ...values) =>
      ask(within, (server) => statement(to, server, strings.join("?"), values))
  const script =
    (within: number) =>
    (text: string): Promise<void> =>
      ask(within, (server) => run(to, server, text))
  let turn: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work)
    turn = mine.catch(() => undefined)
    return mine
  }
  return {
    look: () => inTurn(() => ask(lookWithin, (server) => look(server, to.now()))),
    quick: (work) => inTurn(() => work(sqlOf(lookWithin))),
    patient: (within, work, signal) =>
      new Promise((resolve, reject) => {
        const stop = (): void => reject(signal.reason)
        signal.addEventListener("abort", stop, { once: true })
        work(sqlOf(within), script(within))
          .then(resolve, reject)
          .finally(() => signal.removeEventListener("abort", stop))
      }),
    measure: (work) => work(sqlOf(lookWithin)),
    forget: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

function look(server: Postgres, askedAt: number): Looked {
  const { data, machine, ground } = server
  if (server.mode === "standby") {
    const { receiver } = server
    return {
      kind: "standby",
      state: {
        timeline: data.branch.tli,
        receivedLsn: lsn(server.position),
        replayedLsn: lsn(server.replayed),
        receiver: receiver === undefined ? undefined : "streaming",
        receiverSilence:
          receiver === undefined
            ? undefined
            : (ground.agenda.now - receiver.heardAt) * machine.rate,
        askedAt,
        readAll: server.readAll,
      },
    }
  }
  return {
    kind: "primary",
    state: {
      timeline: data.branch.tli,
      writtenLsn: lsn(data.end),
      checkpointTimeline: data.checkpointTli,
      syncNames: server.shown.names.filter((name) => name !== nobodyYet),
      standbys: [...server.links].map((link) => ({
        pod: link.standby.pod,
        state: link.caughtUp ? "streaming" : "catchup",
        flushLsn: lsn(link.flushed),
        synchronous: server.shown.names.includes(link.standby.pod),
      })),
      slots: [...server.slots],
      clients: {
        refusing: server.shown.refusing,
        sessions: server.shown.refusing === undefined ? 0 : server.sessions,
      },
      askedAt,
    },
  }
}

const settingText = (names: Running["names"]): string =>
  synchronousStandbyNames(names.length === 0 ? undefined : { count: 1, members: names })

async function statement(
  to: Connection,
  server: Postgres,
  text: string,
  values: readonly Value[],
): Promise<Row[]> {
  const has = (part: string): boolean => text.includes(part)
  if (has("pg_reload_conf()")) {
    server.reload(to.running())
    return []
  }
  if (has("pg_promote(")) {
    server.promote(() => undefined)
    return []
  }
  if (has("to_regclass('swarm.term')")) return [{ known: server.termRow !== undefined }]
  if (has("max(term)")) return [{ term: server.termRow }]
  if (has("current_setting('synchronous_standby_names')"))
    return [{ names: settingText(server.shown.names) }]
  if (has("insert into swarm.term")) return recorded(server, Number(values[0]))
  if (has("pg_is_in_recovery() as recovering")) return [{ recovering: server.mode === "standby" }]
  if (has("pg_drop_replication_slot") || has("pg_create_physical_replication_slot")) {
    const name = String(values[0] ?? "")
      .replace(/^pgswarm_/, "")
      .replaceAll("_", "-")
    changeSlot(server, name, has("pg_create"))
    return []
  }
  if (has("pg_file_settings")) return []
  to.unknown(text)
  return []
}

function changeSlot(server: Postgres, name: string, create: boolean): void {
  for (const link of server.links) if (link.standby.pod === name && !create) return
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- slot names are made from pod names
  const pod = name as Postgres["pod"]
  if (create) server.slots.add(pod)
  else server.slots.delete(pod)
}

/** The row of a term is a commit like any other: it waits for whom commits wait for. */
async function recorded(server: Postgres, value: number): Promise<Row[]> {
  const commit = server.commit()
  if (commit === undefined) throw new Error("the server is read-only")
  while (!server.isSure(commit)) await pause(server.process, 20)
  server.termRow = term(value)
  return []
}

async function run(to: Connection, server: Postgres, text: string): Promise<void> {
  if (text === "checkpoint") {
    await pause(server.process, server.ground.dice.between(10, 200))
    server.checkpoint()
  } else if (!text.includes("create schema if not exists swarm")) to.unknown(text)
}

/** The door for clients: tried and cleared over the network of the pod itself. */
export const doorOf = (to: Connection): Door => ({
  isOpen: async () => {
    await pause(to.sidecar, 3)
    const server = to.server()
    if (server?.phase !== "up" || !server.process.awake)
      throw new Outage("DOOR_UNKNOWN", "a login for trial was not answered")
    return server.shown.refusing === undefined
  },
  clear: async () => {
    await pause(to.sidecar, 3)
    return to.server()?.endSessions() ?? 0
  },
})

/** What a member that would follow `server` learns by asking it over the network. */
export function asSource(server: Postgres, askedAt: number) {
  const { data } = server
  return {
    pod: server.pod,
    primary: server.mode === "primary",
    systemIdentifier: data.system,
    history:
      server.mode === "primary"
        ? historyOf(data.branch)
        : { ...historyOf(data.branch), timeline: data.branch.tli },
    checkpointTimeline: data.checkpointTli,
    askedAt,
  }
}

export const silent = (): Outage => new Outage("SOURCE_SILENT", "the source does not answer")
