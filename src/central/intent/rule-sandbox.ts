/** What a set of recovery rules would make of a log, for people. */
import type { z } from "zod"
import { builtInRules } from "#core/recovery/built-in.ts"
import { checkRules } from "#core/recovery/check.ts"
import type { Replay, ReplayedMessage } from "#core/recovery/replay.ts"
import type { RecoveryRule, RuleSet } from "#core/recovery/rule.ts"
import type { Sql } from "#io/postgres/sql.ts"
import {
  type SandboxAnswer,
  type sandboxBody,
  sandboxMessagesMax,
} from "#wire/rest/rule-set-routes.ts"
import { ruleSetOf } from "#wire/rule-set-schema.ts"
import { done, invalid, type Outcome, refused } from "../refusal.ts"
import { runInSandbox, sandboxWithin } from "../sandbox/sandbox.ts"
import { findRuleSet } from "../store/recovery-rule-set.ts"

type Body = z.output<typeof sandboxBody>

export async function tryRuleSet(sql: Sql, body: Body): Promise<Outcome<SandboxAnswer>> {
  const chosen = await chosenSet(sql, body)
  if (chosen.kind === "refused") return chosen
  const problems = checkRules(chosen.value, "set")
  if (problems.length > 0) return invalid(problems)
  const { log, role, paused } = body
  const outcome = await runInSandbox({ set: chosen.value, log, reader: { role, paused } })
  switch (outcome.kind) {
    case "replayed":
      return done(shown(chosen.value, outcome.replay))
    case "bad":
      return invalid(
        outcome.problems.map(({ field, problem }) => ({
          field: field.replace(/^recovery\./, "set."),
          problem,
        })),
      )
    case "too-much":
      return refused(
        422,
        "TOO_MUCH",
        outcome.of === "time"
          ? `these rules were not done with this log after ${sandboxWithin / 1000} s: try fewer lines or simpler patterns`
          : "these rules need more memory for this log than there is: try fewer lines or simpler patterns",
      )
    case "busy":
      return refused(429, "BUSY", "others are trying rules: try again in a few seconds")
  }
}

async function chosenSet(sql: Sql, { ruleSetId, set }: Body): Promise<Outcome<RuleSet>> {
  if (ruleSetId !== undefined && set !== undefined)
    return invalid([{ field: "set", problem: "give a set or the id of one, not both" }])
  if (set !== undefined) return done(ruleSetOf(set))
  if (ruleSetId === undefined) return done(builtInRules)
  const found = await findRuleSet(sql, ruleSetId)
  return found === undefined
    ? invalid([{ field: "ruleSetId", problem: "there is no such rule set" }])
    : done(ruleSetOf(found.set))
}

function shown(set: RuleSet, { messages, ...counts }: Replay): SandboxAnswer {
  const taken = Map.groupBy(messages, (message) => message.taken?.rule.name)
  return {
    ...counts,
    messageCount: messages.length,
    rules: set.rules.flatMap(({ name }) => {
      const ofRule = taken.get(name) ?? []
      const acted = ofRule.filter((message) => message.taken?.verdict.kind === "act").length
      return ofRule.length === 0 ? [] : [{ rule: name, taken: ofRule.length, acted }]
    }),
    messages: messages.slice(0, sandboxMessagesMax).map((message) => ({
      ...message,
      process: message.process ?? null,
      taken: message.taken === undefined ? null : shownTaken(message.taken),
      others: message.others.map((other) => ({ ...other })),
    })),
  }
}

function shownTaken({ rule, verdict }: NonNullable<ReplayedMessage["taken"]>) {
  const { name, action } = rule
  if (verdict.kind === "act")
    return { rule: name, action, verdict: verdict.kind, by: null, outcome: deed(rule) }
  const { by, why } = verdict
  const outcome =
    verdict.kind === "only-told" ? `an event is told, and ${action} is not done: ${why}` : why
  return { rule: name, action, verdict: verdict.kind, by, outcome }
}

function deed({ action, command }: RecoveryRule): string {
  switch (action) {
    case "event":
      return "an event is told"
    case "restart":
      return "an event is told, and the failover policy is asked to restart this server"
    case "rewind":
      return "an event is told, and the failover policy is asked to rewind this standby to the primary"
    case "rebasebackup":
      return "an event is told, and the failover policy is asked to clone this standby anew"
    case "exec":
      return `an event is told, and command ${command ?? "?"} runs in the postgres container`
  }
}
