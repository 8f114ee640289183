/**
 * The sidecar's end of the channel to `supervisor.sh`: orders through a FIFO, everything else through
 * small files, so that neither side can ever be made to wait by the other. A supervisor that was
 * restarted has a new boot nonce; orders meant for the one before are refused by it.
 */
import { randomUUID } from "node:crypto"
import { type FSWatcher, readFileSync, renameSync, statSync, watch, writeFileSync } from "node:fs"
import { constants, open } from "node:fs/promises"
import { join } from "node:path"
import { setTimeout as wait } from "node:timers/promises"
import { type Clock, systemClock } from "#io/clock.ts"
import { Outage } from "#io/outage.ts"
import { millis } from "#core/units.ts"
import { assert } from "#core/assert.ts"
import { parseReport, parseReportFile, parseStatus } from "./status-line.ts"
import { uptimeNow } from "./uptime.ts"
import type {
  Order,
  OrderResult,
  Supervisor,
  SupervisorReport,
  SupervisorStatus,
  Uptime,
} from "./supervisor.ts"

/** A status older than this has no pulse: the loop writes it at least every 400 ms. */
const pulseMax = 1500
/** Looks at the report file at least this often where the file system does not tell of changes … */
const lookEvery = millis(250)
/** … and where it was seen to tell of them. */
const lookSeldom = millis(1000)
/** The supervisor answers within a turn of its loop, or after a look at the data directory. */
const answerMax = 10_000
const jobOutputMax = 16 * 1024
/** No order is longer: a pipe takes this much in one piece. */
const orderMax = 1000

/** The channel in `runDir`, the volume that both containers share. Holds nothing open between calls. */
export function openSupervisor(
  runDir: string,
  clock: Pick<Clock, "alarm"> = systemClock,
): Supervisor {
  const folder = join(runDir, "supervisor")
  const status = statusReader(folder)
  return {
    status,
    order: (order, signal) => sendOrder(folder, clock, order, signal),
    extendDeadline: async (deadline) => writeDeadline(folder, await status(), deadline),
    pulse: async () => replaceFile(folder, "sidecar", `${uptimeNow()}\n`),
    reports: (signal) => readReports(folder, clock, signal),
  }
}

/**
 * The volume is in memory: these small files are read and written at once, in a hundredth of the time that it takes
 * to ask another thread for it several times a second.
 */
function readNow(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8")
  } catch {
    return undefined // not there yet, or not any more
  }
}

/** Reads the status; a line that was read before is not parsed again. */
function statusReader(folder: string): () => Promise<SupervisorStatus | undefined> {
  const file = join(folder, "status")
  let last: { readonly text: string; readonly status: SupervisorStatus } | undefined
  return async () => {
    for (let tries = 0; tries < 3; tries += 1) {
      const text = readNow(file)
      if (text === undefined) return undefined
      const status = last?.text === text ? last.status : parseStatus(text)
      if (status !== undefined) {
        last = { text, status }
        return uptimeNow() - status.at > pulseMax ? undefined : status
      }
      await wait(5) // read in the middle of a write
    }
    return undefined
  }
}

/** The words after `<nonce> <id>`. */
function orderWords(order: Order): readonly string[] {
  switch (order.kind) {
    case "start-primary":
    case "arm":
      return [order.kind, String(order.term), String(Math.floor(order.deadline))]
    case "stop-fast":
      return [order.kind, String(Math.floor(order.within))]
    case "run-job": {
      const { host = "-", port = "-", systemIdentifier = "-" } = order.source ?? {}
      return [order.kind, order.job, order.name, host, String(port), systemIdentifier]
    }
    case "cancel-job":
      return [order.kind, order.job]
    case "run-command":
      return [order.kind, order.job, order.command, String(Math.floor(order.within))]
    case "start-standby":
    case "stop-immediate":
    case "drop-old":
      return [order.kind]
  }
}

async function sendOrder(
  folder: string,
  clock: Pick<Clock, "alarm">,
  order: Order,
  signal: AbortSignal,
): Promise<OrderResult> {
  const words = orderWords(order)
  const bad = words.find((word) => !/^[\x21-\x7e]+$/.test(word))
  if (bad !== undefined)
    return { kind: "refused", reason: `not a word that an order may carry: ${JSON.stringify(bad)}` }
  const status = await statusReader(folder)()
  if (status === undefined)
    throw new Outage("SUPERVISOR_SILENT", `no pulse of the supervisor; ${order.kind} was not sent`)
  const id = randomUUID()
  const line = `${[status.bootNonce, id, ...words].join(" ")}\n`
  assert(line.length <= orderMax, "an order fits into one write")
  const from = readPosition(folder) // before speaking, so that the answer is not missed
  await writeOrder(folder, line)
  const patience = AbortSignal.any([signal, AbortSignal.timeout(answerMax)])
  for await (const { bootNonce, words: said } of follow(folder, clock, from, patience)) {
    if (bootNonce !== status.bootNonce) break
    const [kind, about, result, ...reason] = said
    if (kind !== "answer" || about !== id) continue
    return result === "done" ? { kind: "done" } : { kind: "refused", reason: reason.join(" ") }
  }
  throw new Outage("SUPERVISOR_SILENT", `the supervisor did not answer ${order.kind}`)
}

/** Without waiting: a FIFO that nobody reads, or that is full, is a supervisor that does not listen. */
async function writeOrder(folder: string, line: string): Promise<void> {
  try {
    await using fifo = await open(
      join(folder, "orders"),
      constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW,
    )
    await fifo.write(line)
  } catch (cause) {
    throw new Outage("SUPERVISOR_SILENT", "the supervisor does not take orders", { cause })
  }
}

function writeDeadline(
  folder: string,
  status: SupervisorStatus | undefined,
  deadline: Uptime,
): void {
  if (status === undefined)
    throw new Outage("SUPERVISOR_SILENT", "no pulse of the supervisor; the deadline stays")
  const { running, bootNonce } = status
  if (running.kind !== "primary")
    throw new Outage(
      "NOT_PRIMARY",
      `the supervisor runs ${running.kind}: there is no deadline to move`,
    )
  replaceFile(folder, "deadline", `${bootNonce} ${running.term} ${Math.floor(deadline)}\n`)
}

/** Readers see the old content or the new one. In memory: nothing to sync. */
function replaceFile(folder: string, name: string, content: string): void {
  const file = `${folder}/${name}`
  try {
    writeFileSync(`${file}.new`, content, { mode: 0o644 })
    renameSync(`${file}.new`, file)
  } catch (cause) {
    throw new Outage("SUPERVISOR_SILENT", `cannot write ${name} for the supervisor`, { cause })
  }
}

function readReports(
  folder: string,
  clock: Pick<Clock, "alarm">,
  signal: AbortSignal,
): AsyncIterable<SupervisorReport> {
  const from = readPosition(folder) // now, not when the caller gets to its first turn
  return (async function* () {
    for await (const { words } of follow(folder, clock, from, signal)) {
      const output = readOutput(folder, words[0])
      const report = parseReport(words, output)
      if (report !== undefined) yield report
    }
  })()
}

/** What the job or the command wrote whose end is reported. */
function readOutput(folder: string, report: string | undefined): string {
  const file = report === "job-ended" || report === "command-ended" ? outputs[report] : undefined
  return file === undefined ? "" : (readNow(join(folder, file)) ?? "").slice(-jobOutputMax)
}

const outputs = { "job-ended": "job-output", "command-ended": "command-output" } as const

/** The last line that was there; undefined when no supervisor has written yet. */
type Position = { readonly bootNonce: string; readonly number: number } | undefined
type Said = { readonly bootNonce: string; readonly words: readonly string[] }

function readReportFile(folder: string): ReturnType<typeof parseReportFile> {
  const text = readNow(join(folder, "reports"))
  return text === undefined ? undefined : parseReportFile(text)
}

function readPosition(folder: string): Position {
  const file = readReportFile(folder)
  if (file === undefined) return undefined
  return { bootNonce: file.bootNonce, number: file.lines.at(-1)?.number ?? 0 }
}

/** Lines after `from`, across restarts of the supervisor, until `signal`. */
async function* follow(
  folder: string,
  clock: Pick<Clock, "alarm">,
  from: Position,
  signal: AbortSignal,
): AsyncGenerator<Said, void, undefined> {
  let position = from
  using changes = watchReports(folder, clock)
  while (!signal.aborted) {
    const changed = changes.next(signal)
    const file = readReportFile(folder)
    if (file !== undefined) {
      const { bootNonce, lines } = file
      const seen = position?.bootNonce === bootNonce ? position.number : 0
      for (const { number, words } of lines) {
        if (number <= seen) continue
        yield { bootNonce, words }
      }
      position = { bootNonce, number: Math.max(seen, lines.at(-1)?.number ?? 0) }
    }
    await changed
  }
}

/**
 * Tells when the report file changed; where the file system does not say, after a while. Not the folder is watched, but
 * that file: beside it something is written several times a second, by the supervisor and by ourselves.
 */
function watchReports(
  folder: string,
  clock: Pick<Clock, "alarm">,
): Disposable & {
  next(signal: AbortSignal): Promise<void>
} {
  const file = join(folder, "reports")
  let wake: () => void = () => undefined
  let inode: number | undefined
  let reports: FSWatcher | undefined
  // The supervisor writes its status all the time: a file system that tells of that once tells of reports.
  let status: FSWatcher | undefined
  let tells = false
  const end = (): void => {
    reports?.close()
    status?.close()
    reports = status = undefined
  }
  const begin = (): void => {
    end()
    reports = watchFile(file, (event) => {
      // It was removed: the number of its inode may be given to the next one.
      if (event === "rename") end()
      wake()
    })
    if (reports === undefined || tells) return
    status = watchFile(join(folder, "status"), () => {
      tells = true
      status?.close()
    })
  }
  return {
    next: (signal) => {
      // A supervisor that starts makes another file of that name, or none has been here yet.
      const now = statSync(file, { throwIfNoEntry: false })?.ino
      if (reports === undefined || now !== inode) begin()
      inode = now
      return new Promise((resolve) => {
        const longest = tells && reports !== undefined ? lookSeldom : lookEvery
        const cancel = clock.alarm(longest, () => wake())
        wake = () => {
          cancel()
          signal.removeEventListener("abort", wake)
          wake = () => undefined
          resolve()
        }
        signal.addEventListener("abort", wake, { once: true })
        if (signal.aborted) wake()
      })
    },
    [Symbol.dispose]: () => {
      wake()
      end()
    },
  }
}

/** Undefined where there is no such file. */
function watchFile(
  file: string,
  heard: (event: "rename" | "change") => void,
): FSWatcher | undefined {
  try {
    return watch(file, heard).on("error", () => undefined)
  } catch {
    return undefined
  }
}
