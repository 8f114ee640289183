/** The supervisor's status file and its reports, from text to values; the texts are made by `supervisor.sh`. */
import { jobNames } from "./supervisor.ts"
import type { ExitCause, Running, SupervisorReport, SupervisorStatus } from "./supervisor.ts"
import { term } from "#core/ids.ts"
import { millis } from "#core/units.ts"

/** Undefined when the line is not whole: it is being written, or is not ours. */
export function parseStatus(text: string): SupervisorStatus | undefined {
  const fields = new Map(
    text
      .trim()
      .split(" ")
      .map((field) => {
        const at = field.indexOf("=")
        return [field.slice(0, at), field.slice(at + 1)] as const
      }),
  )
  const bootNonce = fields.get("nonce")
  const at = number(fields.get("at"))
  if (fields.get("seq") === undefined || fields.get("seq") !== fields.get("end")) return undefined
  if (bootNonce === undefined || bootNonce === "" || at === undefined) return undefined
  const running = parseRunning(fields)
  if (running === undefined) return undefined
  const deadline = number(fields.get("deadline"))
  return {
    bootNonce,
    running,
    deadline: deadline === 0 ? undefined : deadline,
    at,
    terminating: fields.get("terminating") === "1",
    progress: number(fields.get("progress")),
    ...parseDisk(fields.get("disk")),
  }
}

function parseDisk(text: string | undefined): Pick<SupervisorStatus, "disk"> {
  const [kind, volume, at] = (text ?? "").split(",")
  const since = number(at)
  if (kind !== "hanging" && kind !== "failing" && kind !== "full") return {}
  if ((volume !== "data" && volume !== "WAL") || since === undefined) return {}
  return { disk: { kind, volume, since } }
}

function parseRunning(fields: ReadonlyMap<string, string>): Running | undefined {
  const postmaster = number(fields.get("postmaster"))
  const held = number(fields.get("term"))
  const name = jobNames.find((known) => known === fields.get("name"))
  const job = fields.get("job")
  switch (fields.get("running")) {
    case "nothing":
      return { kind: "nothing" }
    case "standby":
      return postmaster === undefined ? undefined : { kind: "standby", postmaster }
    case "primary":
      return postmaster === undefined || held === undefined
        ? undefined
        : { kind: "primary", postmaster, term: term(held) }
    case "stopping":
      return { kind: "stopping" }
    case "job":
      return name === undefined || job === undefined ? undefined : { kind: "job", job, name }
    case undefined:
    default:
      return undefined
  }
}

/** One line of the report file: numbered within one boot of the supervisor. */
export type ReportLine = { readonly number: number; readonly words: readonly string[] }

/** The boot that the report file belongs to, and its whole lines; undefined while it is being rewritten. */
export function parseReportFile(
  text: string,
): { readonly bootNonce: string; readonly lines: readonly ReportLine[] } | undefined {
  const [first, ...rest] = text.slice(0, text.lastIndexOf("\n") + 1).split("\n")
  const bootNonce = /^boot ([0-9a-f]+)$/.exec(first ?? "")?.[1]
  if (bootNonce === undefined) return undefined
  const lines = rest.flatMap((line) => {
    const [count, ...words] = line.split(" ")
    const value = number(count)
    return value === undefined || words.length === 0 ? [] : [{ number: value, words }]
  })
  return { bootNonce, lines }
}

/** The report that a line carries; undefined for an answer to an order, and for what a later version may add. */
export function parseReport(
  words: readonly string[],
  jobOutput: string,
): SupervisorReport | undefined {
  const [kind, first = "", second = ""] = words
  switch (kind) {
    case "server-started":
      return { kind, postmaster: Number(first) }
    case "server-gone": {
      const cause = causes.find((known) => known === first)
      return cause === undefined ? undefined : { kind, cause, exitCode: Number(second) }
    }
    case "job-ended":
    case "command-ended":
      return { kind, job: first, exitCode: Number(second), output: jobOutput }
    case "paused-vm":
      return { kind, gap: millis(Number(first)) }
    case "fencing":
      return { kind, late: millis(Number(first)) }
    case undefined:
    default:
      return undefined
  }
}

const causes: readonly ExitCause[] = ["ordered", "crashed", "fenced"]

const number = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
