/** The words after `npm run bench:failover --`. */
import { resolve } from "node:path"
import { parseArgs } from "node:util"
import { type Durability, durabilities, type Preset, presets } from "#core/cluster/spec.ts"
import { type FaultName, faultNames, faults } from "./system.ts"

const timings = ["default", "fast"] as const
const modes = ["async", "sync"] as const

export type Options = {
  /** How often each of the wanted faults strikes. */
  readonly reps: ReadonlyMap<FaultName, number>
  readonly members: number
  readonly json: string | undefined
  /** Files of earlier runs, whose table is printed instead of a run. */
  readonly join: readonly string[]
  readonly isPgSwarmAsked: boolean
  readonly presets: readonly Preset[]
  readonly durabilities: readonly Durability[]
  readonly patroni: readonly {
    readonly timing: (typeof timings)[number]
    readonly mode: (typeof modes)[number]
  }[]
  readonly postgres: string | undefined
  readonly block: number
  readonly keep: boolean
}

export const usage = `usage: npm run bench:failover -- [flags]

  --only FAULT[:N],...   of these faults alone, each N times:
${faults.map(({ name, title }) => `                         ${name.padEnd(18)} ${title}`).join("\n")}
  --reps N               how often each fault strikes (3)
  --members N            members of a cluster (3)
  --preset KIND,...      of pg-swarm: ${presets.join(", ")} (edge)
  --durability KIND,...  of pg-swarm: ${durabilities.join(", ")} (preferred)
  --system NAME,...      pg-swarm, patroni (both)
  --patroni KIND,...     ${timings.flatMap((timing) => modes.map((mode) => `${timing}-${mode}`)).join(", ")} (all)
  --json FILE            writes the figures there, too
  --join FILE,...        prints the table of what earlier runs wrote, and runs nothing
  --postgres DIR         folder of postgres and initdb
  --loopback N           lives on 127.N.0.0/16 and 127.(N+20).0.0/16 (150)
  --keep                 leaves pg-swarm's folder with its logs

For Patroni: apt-get install -y --no-install-recommends patroni etcd-server
(no service is needed; where the packages start one, stop it before the figures are taken)`

type Parsed =
  | { readonly kind: "ok"; readonly options: Options }
  | { readonly kind: "help" }
  | { readonly kind: "bad"; readonly problem: string }

const flags = {
  only: { type: "string" },
  reps: { type: "string", default: "3" },
  members: { type: "string", default: "3" },
  preset: { type: "string", default: "edge" },
  durability: { type: "string", default: "preferred" },
  system: { type: "string", default: "pg-swarm,patroni" },
  patroni: { type: "string" },
  json: { type: "string" },
  join: { type: "string" },
  postgres: { type: "string" },
  loopback: { type: "string", default: "150" },
  keep: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const

class Bad extends Error {}

export function parseOptions(words: readonly string[]): Parsed {
  try {
    const { values } = parseArgs({ args: [...words], options: flags })
    if (values.help) return { kind: "help" }
    const systems = list("--system", values.system, ["pg-swarm", "patroni"])
    const kinds = timings.flatMap((timing) =>
      modes.map((mode) => ({ name: `${timing}-${mode}`, timing, mode })),
    )
    const wanted = list(
      "--patroni",
      values.patroni,
      kinds.map(({ name }) => name),
    )
    return {
      kind: "ok",
      options: {
        reps: repsOf(values.only, number("--reps", values.reps, 1, 100)),
        members: number("--members", values.members, 2, 9),
        json: values.json,
        join: values.join?.split(",") ?? [],
        isPgSwarmAsked: systems.includes("pg-swarm"),
        presets: list("--preset", values.preset, presets),
        durabilities: list("--durability", values.durability, durabilities),
        patroni: systems.includes("patroni")
          ? kinds.filter(({ name }) => wanted.includes(name))
          : [],
        postgres: values.postgres === undefined ? undefined : resolve(values.postgres),
        block: number("--loopback", values.loopback, 1, 230),
        keep: values.keep,
      },
    }
  } catch (error) {
    return { kind: "bad", problem: error instanceof Error ? error.message : String(error) }
  }
}

/** `node-lost:2,switchover`: each fault with how often it strikes. */
function repsOf(text: string | undefined, otherwise: number): ReadonlyMap<FaultName, number> {
  const words = text === undefined ? faultNames : text.split(",")
  return new Map(
    words.map((word) => {
      const [name = "", times] = word.split(":")
      const [fault] = list("--only", name, faultNames)
      if (fault === undefined) throw new Bad("--only: names no fault")
      return [fault, times === undefined ? otherwise : number("--only", times, 1, 100)] as const
    }),
  )
}

/** Words between commas, each one of `from`; all of them where nothing was said. */
function list<T extends string>(
  flag: string,
  text: string | undefined,
  from: readonly T[],
): readonly T[] {
  if (text === undefined) return from
  return text.split(",").map((word) => {
    const found = from.find((one) => one === word)
    if (found === undefined) throw new Bad(`${flag}: ${word} is not one of ${from.join(", ")}`)
    return found
  })
}

function number(flag: string, text: string, least: number, most: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new Bad(`${flag}: ${text} is not a whole number from ${least} to ${most}`)
}
