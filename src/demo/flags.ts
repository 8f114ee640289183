/** The words after `make demo`: every mistake at once, each with the way to mend it. */
import { parseArgs } from "node:util"
import { homedir } from "node:os"
import { isAbsolute, join, resolve } from "node:path"
import { type Durability, durabilities, type Preset, presets } from "#core/cluster/spec.ts"
import type { Parsed, Problem } from "#core/parsed.ts"

export type DemoFlags = {
  readonly sites: number
  readonly members: number
  /** Of REST and the dashboard; 0 takes any free one. gRPC listens 1010 above it. */
  readonly port: number
  readonly host: string
  readonly state: string
  readonly fresh: boolean
  /** Folder with `initdb` and `postgres`; undefined looks for one. */
  readonly postgres: string | undefined
  readonly durability: Durability
  readonly preset: Preset
  /** Site k lives on 127.(loopback + k).0.0/16, k from 0. */
  readonly loopback: number
}

export const sitesMax = 20
export const membersMax = 9

export const usage = `usage: make demo DEMO_FLAGS="[flags]"
  --sites N          edge sites, 1 to ${sitesMax} (2)
  --members M        PostgreSQL members of each cluster, 1 to ${membersMax} (3)
  --port P           port of dashboard and REST (8080); gRPC is at P + 1010; 0 takes free ones
  --host ADDRESS     address they listen on (127.0.0.1; 0.0.0.0 for all)
  --state DIR        where everything is kept
                     (/var/lib/pg-swarm-demo for root, else ~/.local/state/pg-swarm-demo)
  --fresh            throw away what an earlier demo left there
  --postgres DIR     folder of initdb and postgres, where several are installed
  --durability KIND  ${durabilities.join(", ")} (preferred)
  --preset KIND      failover timing: ${presets.join(", ")} (edge)
  --loopback N       site k lives on 127.(N+k).0.0, for a second demo beside this one (20)
Ctrl-C stops every process; starting again continues with the same data.`

const options = {
  sites: { type: "string" },
  members: { type: "string" },
  port: { type: "string" },
  host: { type: "string" },
  state: { type: "string" },
  fresh: { type: "boolean" },
  postgres: { type: "string" },
  durability: { type: "string" },
  preset: { type: "string" },
  loopback: { type: "string" },
  help: { type: "boolean", short: "h" },
} as const

type Words = {
  readonly values: { readonly [K in keyof typeof options]?: string | boolean }
  readonly problems: readonly Problem[]
}

function split(words: readonly string[]): Words {
  const { tokens } = parseArgs({ args: [...words], options, strict: false, tokens: true })
  const values: Record<string, string | boolean> = {}
  const problems: Problem[] = []
  for (const token of tokens) {
    if (token.kind === "positional")
      problems.push({ field: token.value, problem: "a word without a flag before it" })
    if (token.kind !== "option") continue
    const { name, rawName, value } = token
    const known = Object.entries(options).find(([one]) => one === name)?.[1]
    if (known === undefined)
      problems.push({
        field: rawName,
        problem: `no such flag; there are ${Object.keys(options)
          .map((one) => `--${one}`)
          .join(", ")}`,
      })
    else if (known.type === "boolean") {
      if (value === undefined) values[name] = true
      else problems.push({ field: rawName, problem: "takes no value" })
    } else if (value === undefined || value.startsWith("--"))
      problems.push({ field: rawName, problem: "needs a value" })
    else values[name] = value
  }
  return { values, problems }
}

export function defaultState(
  env: Readonly<Record<string, string | undefined>>,
  isRoot: boolean,
): string {
  if (isRoot) return "/var/lib/pg-swarm-demo"
  const base = env["XDG_STATE_HOME"] ?? ""
  return join(isAbsolute(base) ? base : join(homedir(), ".local/state"), "pg-swarm-demo")
}

export type FlagsOutcome = Parsed<DemoFlags> | { readonly kind: "help" }

export function parseFlags(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  isRoot: boolean,
): FlagsOutcome {
  const { values, problems: found } = split(words)
  if (values.help === true) return { kind: "help" }
  const problems = [...found]

  const number = (name: keyof typeof options, otherwise: number, least: number, most: number) => {
    const text = values[name]
    if (typeof text !== "string") return otherwise
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= least && value <= most) return value
    problems.push({
      field: `--${name}`,
      problem: `${text} is not a whole number from ${least} to ${most}`,
    })
    return otherwise
  }
  const choice = <T extends string>(
    name: keyof typeof options,
    from: readonly T[],
    otherwise: T,
  ): T => {
    const text = values[name]
    if (typeof text !== "string") return otherwise
    const match = from.find((one) => one === text)
    if (match === undefined)
      problems.push({ field: `--${name}`, problem: `${text} is not one of ${from.join(", ")}` })
    return match ?? otherwise
  }
  const folder = (name: keyof typeof options): string | undefined => {
    const text = values[name]
    return typeof text === "string" && text !== "" ? resolve(text) : undefined
  }
  const sites = number("sites", 2, 1, sitesMax)
  const flags: DemoFlags = {
    sites,
    members: number("members", 3, 1, membersMax),
    port: number("port", 8080, 0, 65_535 - 1010),
    host: typeof values.host === "string" ? values.host : "127.0.0.1",
    state: folder("state") ?? defaultState(env, isRoot),
    fresh: values.fresh === true,
    postgres: folder("postgres"),
    durability: choice("durability", durabilities, "preferred"),
    preset: choice("preset", presets, "edge"),
    loopback: number("loopback", 20, 1, 255 - sitesMax),
  }
  return problems.length > 0 ? { kind: "bad", problems } : { kind: "ok", value: flags }
}
