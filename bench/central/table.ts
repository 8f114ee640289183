/** The bench's results as a table for people: a line for each figure, with what it is aimed at. */

export type Row = {
  readonly satellites: number
  /** Of one core, of central's process. */
  readonly processor: number
  /** The same of its PostgreSQL. */
  readonly database: number
  /** MB. */
  readonly residentMean: number
  readonly residentMax: number
  /** Milliseconds from a site to a browser. */
  readonly eventP50: number
  readonly eventP99: number
  readonly events: number
  /** Milliseconds. */
  readonly listP50: number
  readonly listP99: number
  /** Milliseconds: by how much the programs themselves were late. */
  readonly lateP99: number
  readonly swarmLateP99: number
  /** Seconds. */
  readonly reconnect: number
  readonly fanOut: number
  readonly rollout: number
}

type Line = {
  readonly what: string
  readonly of: (row: Row) => string
  readonly aim: string
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
const milliseconds = (value: number): string => `${value.toFixed(1)} ms`
const seconds = (value: number): string => `${value.toFixed(1)} s`

const lines: readonly Line[] = [
  { what: "central, of one core", of: (row) => percent(row.processor), aim: "100 % at 5,000" },
  { what: "its PostgreSQL, of one core", of: (row) => percent(row.database), aim: "" },
  {
    what: "central, resident, mean and largest",
    of: (row) => `${row.residentMean.toFixed(0)}, ${row.residentMax.toFixed(0)} MB`,
    aim: "600 MB at 5,000",
  },
  {
    what: "restarted: all connected again after",
    of: (row) => seconds(row.reconnect),
    aim: "60 s",
  },
  {
    what: "an approved version is at every site after",
    of: (row) => seconds(row.fanOut),
    aim: "2 s at 500, 15 s at 5,000",
  },
  {
    what: "… and central knows that all have it in force",
    of: (row) => seconds(row.rollout),
    aim: "",
  },
  {
    what: "event from a site to a browser, median and p99",
    of: (row) => `${milliseconds(row.eventP50)}, ${milliseconds(row.eventP99)} (${row.events})`,
    aim: "500 ms",
  },
  {
    what: "… of that late: central's loop, the satellites' program, p99",
    of: (row) => `${milliseconds(row.lateP99)}, ${milliseconds(row.swarmLateP99)}`,
    aim: "",
  },
  {
    what: "lists with filters, median and p99",
    of: (row) => `${milliseconds(row.listP50)}, ${milliseconds(row.listP99)}`,
    aim: "100 ms",
  },
]

export function table(rows: readonly Row[]): string {
  const head = ["", ...rows.map(({ satellites }) => `${satellites} satellites`), "aim, at most"]
  const cells = lines.map(({ what, of, aim }) => [what, ...rows.map(of), aim])
  const widths = head.map((text, at) =>
    Math.max(text.length, ...cells.map((line) => (line[at] ?? "").length)),
  )
  const line = (words: readonly string[]): string =>
    `| ${words.map((word, at) => word.padEnd(widths[at] ?? 0)).join(" | ")} |`
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...cells.map(line)].join("\n")
}
