/** The bench's results as text: a table for people, and the line of machine that they were measured on. */
import { cpus, totalmem } from "node:os"
import { readFileSync } from "node:fs"
import { readFile } from "node:fs/promises"
import * as z from "zod"
import { faultNames, faults } from "./system.ts"

const rowSchema = z.object({
  system: z.string(),
  fault: z.enum(faultNames),
  gapsMs: z.array(z.number()).readonly(),
  lost: z.number(),
  acknowledged: z.number(),
  togetherMs: z.number(),
  /** Repetitions that did not end in time, in words. */
  failures: z.array(z.string()).readonly(),
})
export type Row = Readonly<z.infer<typeof rowSchema>>

/** What `--json` of an earlier run wrote. */
export async function readRows(file: string): Promise<readonly Row[]> {
  const text: unknown = JSON.parse(await readFile(file, "utf8"))
  return z.object({ rows: z.array(rowSchema) }).parse(text).rows
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [low = 0, high = 0] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[middle]]
  return (low + high) / 2
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`

/** As Markdown, faults in the order of the bench, systems in the order of their first row. */
export function table(rows: readonly Row[]): string {
  const head = ["fault", "system", "runs", "median gap", "worst gap", "lost commits", "two writers"]
  const lines = faults.flatMap(({ name, title }) =>
    rows.filter(({ fault }) => fault === name).map((row) => cells(title, row)),
  )
  const widths = head.map((text, at) =>
    Math.max(text.length, ...lines.map((line) => (line[at] ?? "").length)),
  )
  const line = (words: readonly string[]): string =>
    `| ${words.map((word, at) => word.padEnd(widths[at] ?? 0)).join(" | ")} |`
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...lines.map(line)].join("\n")
}

function cells(title: string, row: Row): readonly string[] {
  const { system, gapsMs, lost, acknowledged, togetherMs, failures } = row
  const failed = failures.length === 0 ? "" : ` (${failures.length} did not recover)`
  return [
    title,
    system,
    `${gapsMs.length}${failed}`,
    gapsMs.length === 0 ? "" : seconds(median(gapsMs)),
    gapsMs.length === 0 ? "" : seconds(Math.max(...gapsMs)),
    `${lost} of ${acknowledged}`,
    togetherMs <= 0 ? "no" : `yes, ${seconds(togetherMs)}`,
  ]
}

/** What kind of machine this is, without its name. */
export function machineClass(): string {
  const [first] = cpus()
  const system = /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1]
  return `${cpus().length} cores (${first?.model ?? "unknown"}), ${Math.round(totalmem() / 2 ** 30)} GB, ${system ?? process.platform}, Node ${process.versions.node}`
}
