/** Puts the log watcher together: its file, its rules from `pod.json`, its memory on disk, its ways to act. */
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { setImmediate } from "node:timers/promises"
import * as z from "zod"
import { mayLead } from "#core/failover/repair.ts"
import type { Problem } from "#core/parsed.ts"
import { builtInRules } from "#core/recovery/built-in.ts"
import { checkPattern, checkRules } from "#core/recovery/check.ts"
import { rememberAges } from "#core/recovery/engine.ts"
import type { RuleSet } from "#core/recovery/rule.ts"
import { seconds } from "#core/units.ts"
import { compilePattern } from "#io/pattern.ts"
import { readMark, writeMark } from "#io/postgres/data-directory.ts"
import type { Leisure } from "#io/leisure.ts"
import { forever } from "#io/together.ts"
import { ruleSetOf, ruleSetSchema } from "#wire/rule-set-schema.ts"
import type { Parts } from "./assemble.ts"
import { runCommand } from "./log-command.ts"
import { LogFile } from "./log-file.ts"
import type { LogFigures } from "./log-figures.ts"
import { RepairDesk } from "./log-repair.ts"
import { LogWatcher } from "./log-watcher.ts"
import { tell } from "./ports.ts"

export type LogWatch = {
  readonly figures: LogFigures
  readonly run: (signal: AbortSignal) => Promise<void>
}

const again = seconds(5)

export async function openLogWatch(parts: Parts, leisure: Leisure): Promise<LogWatch> {
  const { config, clock, log, known, observe, podConfig } = parts
  const boot = await bootId()
  const first = await usableSet(podConfig.current.recovery)
  const set = first.kind === "ok" ? first.value : builtInRules
  if (first.kind === "bad") tellRefused(parts, first.problems, "the built-in rules are used")
  const file = new LogFile(join(config.runDir, "log"))
  const watcher = new LogWatcher(
    {
      clock,
      leisure,
      log,
      pod: config.pod,
      file,
      desk: new RepairDesk(clock, known, observe),
      situation: () => ({ mayLead: mayLead(observe()), paused: podConfig.current.paused }),
      tell: (told) => tell(parts, told),
      runCommand: (rule, signal) => runCommand(parts, rule, signal),
      keep: (ages) => keepAges(config.dataDir, boot, clock.now(), ages),
    },
    set,
    rememberAges(await readAges(config.dataDir, boot, clock.now()), set, clock.now()),
  )
  let seen = podConfig.current
  let taken = JSON.stringify(seen.recovery)
  const follow = async (): Promise<void> => {
    if (seen === podConfig.current) return
    seen = podConfig.current
    const said = JSON.stringify(podConfig.current.recovery)
    if (said === taken) return
    taken = said
    const next = await usableSet(podConfig.current.recovery)
    if (next.kind === "bad")
      return tellRefused(parts, next.problems, "the rules that were in force stay")
    watcher.adopt(next.value)
    log.event("recovery.rules-changed", { rules: next.value.rules.length })
  }
  return {
    figures: watcher.figures,
    run: async (signal) => {
      await using _ = file
      await forever(
        signal,
        (stop) => watcher.run(follow, stop),
        (failure) => log.warn("recovery.watch-failed", { why: failure }),
        (_failures, stop) => clock.sleep(again, stop),
      )
    },
  }
}

type Usable =
  | { readonly kind: "ok"; readonly value: RuleSet }
  | { readonly kind: "bad"; readonly problems: readonly Problem[] }

/** The set that `pod.json` carries, or the built-in one; with everything that is wrong with it. */
export async function usableSet(said: unknown): Promise<Usable> {
  if (said === undefined) return { kind: "ok", value: builtInRules }
  const parsed = ruleSetSchema.safeParse(said)
  if (!parsed.success)
    return {
      kind: "bad",
      problems: parsed.error.issues.map(({ path, message }) => ({
        field: ["recovery", ...path].join("."),
        problem: message,
      })),
    }
  const value = ruleSetOf(parsed.data)
  const problems = [...checkRules(value)]
  for (const [index, rule] of value.rules.entries()) {
    problems.push(...checkPattern(rule, index, compilePattern))
    await setImmediate() // two hundred patterns take half a second, which the loop that decides has not
  }
  return problems.length === 0 ? { kind: "ok", value } : { kind: "bad", problems }
}

const problemsShown = 5

function tellRefused(parts: Parts, problems: readonly Problem[], instead: string): void {
  const shown = problems.slice(0, problemsShown).map(({ field, problem }) => `${field}: ${problem}`)
  const more = problems.length - shown.length
  tell(parts, {
    kind: "log.rules-refused",
    severity: "error",
    message: `${parts.config.pod} can not use the cluster's recovery rules: ${instead}`,
    details: { problems: shown.join("; "), ...(more === 0 ? {} : { more: String(more) }) },
  })
}

/** Instants of one boot mean nothing in another. */
const bootId = async (): Promise<string> =>
  (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim()

const mark = "rule-actions"
const agesSchema = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text)
    } catch {
      context.addIssue("no JSON")
      return z.NEVER
    }
  })
  .pipe(z.object({ boot: z.string(), at: z.record(z.string(), z.number()) }))

const keepAges = (
  dataDir: string,
  boot: string,
  now: number,
  ages: Readonly<Record<string, number>>,
): Promise<void> => {
  const at = Object.fromEntries(Object.entries(ages).map(([rule, age]) => [rule, now - age]))
  return writeMark(dataDir, mark, `${JSON.stringify({ boot, at })}\n`)
}

/** How long ago each rule acted; what was done before this machine booted counts as done now, to be safe. */
export async function readAges(
  dataDir: string,
  boot: string,
  now: number,
): Promise<Readonly<Record<string, number>>> {
  const read = agesSchema.safeParse((await readMark(dataDir, mark)) ?? "")
  if (!read.success) return {}
  const { boot: from, at } = read.data
  return Object.fromEntries(
    Object.entries(at).map(([rule, instant]) => [rule, from === boot ? now - instant : 0]),
  )
}
