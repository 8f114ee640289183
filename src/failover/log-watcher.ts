/**
 * The log watcher: reads what the server logs, matches it with the cluster's recovery rules and does what
 * they ask for, as far as `core/recovery/engine.ts` lets them. It runs beside the loop that decides, takes
 * little of its time, and when it fails nothing else does.
 */
import type { Told } from "#core/failover/decision.ts"
import {
  adopt,
  agesToKeep,
  type EngineMemory,
  firstEngineMemory,
  judge,
  refusedDeed,
  type Situation,
  type Verdict,
} from "#core/recovery/engine.ts"
import type { LogMessage } from "#core/recovery/log-line.ts"
import { firstMatch, type ReadyRule, readyRules } from "#core/recovery/matching.ts"
import { gather, type Gathering, nothingGathered } from "#core/recovery/messages.ts"
import { isRepair, type RecoveryRule, type Repair, type RuleSet } from "#core/recovery/rule.ts"
import { acted, deedTold, matched, suppressed } from "#core/recovery/told.ts"
import { millis } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { Leisure } from "#io/leisure.ts"
import type { Log } from "#io/log.ts"
import { compilePattern } from "#io/pattern.ts"
import type { LogFile } from "./log-file.ts"
import { LogFigures } from "./log-figures.ts"
import type { RepairDesk } from "./log-repair.ts"

/** What the watcher needs of the sidecar. */
export type WatcherPorts = {
  readonly clock: Clock
  /** For the rest between two looks while nothing is written. */
  readonly leisure: Leisure
  readonly log: Log
  readonly pod: string
  readonly file: LogFile
  readonly desk: Pick<RepairDesk, "busyWith" | "ask" | "outcomes">
  readonly situation: () => Pick<Situation, "mayLead" | "paused">
  readonly tell: (told: Told) => void
  /** Runs a command of the postgres container. */
  readonly runCommand: (rule: RecoveryRule, signal: AbortSignal) => Promise<CommandOutcome>
  /** Keeps the ages of deeds on disk. */
  readonly keep: (ages: Readonly<Record<string, number>>) => Promise<void>
}

export type CommandOutcome =
  | { readonly kind: "ended"; readonly exitCode: number; readonly output: string }
  | { readonly kind: "refused"; readonly why: string }

const lookEvery = millis(500)
/** The loop that decides shares this process: after a look the watcher rests four times as long as it worked. */
const restFactor = 4
const longestRest = 1000

export class LogWatcher {
  readonly #ports: WatcherPorts
  readonly figures = new LogFigures()
  #set: RuleSet
  #rules: readonly ReadyRule[] = []
  #memory: EngineMemory = firstEngineMemory
  #gathering: Gathering = nothingGathered
  #isOld = true
  #command: string | undefined

  constructor(ports: WatcherPorts, set: RuleSet, memory: EngineMemory) {
    this.#ports = ports
    this.#set = set
    this.#memory = memory
    this.adopt(set)
  }

  /** Another set of rules is in force from now on. */
  adopt(set: RuleSet): void {
    this.#set = set
    this.#rules = readyRules(set, compilePattern)
    this.#memory = adopt(this.#memory, set, this.#ports.clock.now())
  }

  /** Until `signal`; `before` is called ahead of each look. */
  async run(before: () => Promise<void>, signal: AbortSignal): Promise<void> {
    const { clock, leisure, file } = this.#ports
    while (!signal.aborted) {
      await before()
      const began = performance.now()
      const { lines, droppedBytes, atEnd } = await file.look()
      this.figures.dropped(droppedBytes)
      for (const line of lines) this.#hear(line, signal)
      // A message whose further lines would still come was written as a whole long ago.
      if (atEnd && lines.length === 0) this.#end(signal)
      if (atEnd) this.#isOld = false
      this.#settle()
      const worked = performance.now() - began
      const rest = Math.min(longestRest, restFactor * worked)
      if (atEnd) await leisure.sleep(millis(Math.max(lookEvery, rest)), signal)
      else await clock.sleep(millis(rest), signal)
    }
  }

  #hear(line: string, signal: AbortSignal): void {
    this.figures.line()
    const { gathering, message } = gather(this.#gathering, line)
    this.#gathering = gathering
    if (message !== undefined) this.#match(message, signal)
  }

  #end(signal: AbortSignal): void {
    const { open } = this.#gathering
    this.#gathering = nothingGathered
    if (open !== undefined) this.#match(open, signal)
  }

  #match(message: LogMessage, signal: AbortSignal): void {
    const rule = firstMatch(this.#rules, message)
    if (rule === undefined) return
    this.figures.match(rule.name)
    const { clock, desk, situation } = this.#ports
    const judged = judge(this.#memory, rule, message, {
      ...situation(),
      now: clock.now(),
      busyWith: desk.busyWith ?? this.#command,
      isOld: this.#isOld,
    })
    this.#memory = judged.memory
    this.#do(rule, message, judged.verdict, signal)
  }

  #do(rule: RecoveryRule, message: LogMessage, verdict: Verdict, signal: AbortSignal): void {
    const { log, tell, desk, pod } = this.#ports
    switch (verdict.kind) {
      case "silent":
        this.figures.deed(rule.action, verdict.by)
        log.debug("recovery.silent", { rule: rule.name, by: verdict.by, why: verdict.why })
        return
      case "only-told":
        this.figures.deed(rule.action, verdict.by)
        tell(suppressed(pod, rule, message, verdict.why))
        return
      case "act":
        if (rule.action === "event") {
          this.figures.deed("event", "done")
          return tell(matched(pod, rule, message, verdict.unheard))
        }
        tell(matched(pod, rule, message, verdict.unheard))
        this.#remember()
        if (isRepair(rule.action)) desk.ask(rule.action, rule.name)
        else void this.#exec(rule, signal)
    }
  }

  /** Owned by `run`: it never throws, ends with `signal`, and one runs at a time. */
  async #exec(rule: RecoveryRule, signal: AbortSignal): Promise<void> {
    const { runCommand, tell, log, pod } = this.#ports
    this.#command = rule.name
    try {
      const outcome: CommandOutcome = this.#set.allowExec
        ? await runCommand(rule, signal)
        : { kind: "refused", why: "this cluster's set of rules does not allow commands" }
      const isDone = outcome.kind === "ended" && outcome.exitCode === 0
      this.figures.deed("exec", isDone ? "done" : outcome.kind === "ended" ? "failed" : "refused")
      tell(deedTold(pod, rule, outcome))
    } catch (failure) {
      this.figures.deed("exec", "failed")
      log.warn("recovery.command-failed", { rule: rule.name, why: failure })
      const why = failure instanceof Error ? failure.message : String(failure)
      if (!signal.aborted) tell(deedTold(pod, rule, { kind: "refused", why }))
    } finally {
      this.#command = undefined
    }
  }

  /** Tells what became of repairs. */
  #settle(): void {
    const { desk, clock, tell, pod } = this.#ports
    for (const outcome of desk.outcomes()) {
      this.#count(outcome.repair, outcome.kind)
      tell(acted(pod, outcome))
      if (outcome.kind === "refused") {
        this.#memory = refusedDeed(this.#memory, outcome.rule, clock.now())
        this.#remember()
      }
    }
  }

  #count(repair: Repair, kind: "begun" | "refused"): void {
    this.figures.deed(repair, kind === "begun" ? "done" : "refused")
  }

  #remember(): void {
    const { keep, log, clock } = this.#ports
    const ages = agesToKeep(this.#memory, this.#set, clock.now())
    keep(ages).catch((failure: unknown) => log.warn("recovery.unkept", { why: failure }))
  }
}
