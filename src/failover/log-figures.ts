/** What the log watcher saw and did, for /metrics. Names of rules are bounded by the size of a set. */
import type { Suppression } from "#core/recovery/engine.ts"
import { type RuleAction, ruleLimits } from "#core/recovery/rule.ts"

export type DeedOutcome = Suppression | "done" | "failed" | "refused"

export class LogFigures {
  #lines = 0
  #droppedBytes = 0
  readonly #matches = new Map<string, number>()
  readonly #deeds = new Map<string, number>()

  line(): void {
    this.#lines += 1
  }

  dropped(bytes: number): void {
    this.#droppedBytes += bytes
  }

  match(rule: string): void {
    // Sets change while a sidecar lives; the figures of long gone rules must not pile up.
    if (this.#matches.size >= 2 * ruleLimits.rules && !this.#matches.has(rule)) return
    this.#matches.set(rule, (this.#matches.get(rule) ?? 0) + 1)
  }

  deed(action: RuleAction, outcome: DeedOutcome): void {
    const key = `action="${action}",outcome="${outcome}"`
    this.#deeds.set(key, (this.#deeds.get(key) ?? 0) + 1)
  }

  /** In Prometheus' text format; `own` are the labels that every figure has, without braces. */
  lines(own: string): readonly string[] {
    const lines: string[] = []
    const counter = (
      name: string,
      help: string,
      values: readonly (readonly [string, number])[],
    ) => {
      const full = `pgswarm_log_${name}_total`
      lines.push(`# HELP ${full} ${help}`, `# TYPE ${full} counter`)
      for (const [more, value] of values)
        lines.push(`${full}{${[own, more].filter((part) => part !== "").join(",")}} ${value}`)
    }
    counter("lines", "Lines of the server's log that were read", [["", this.#lines]])
    counter("dropped_bytes", "Bytes of the server's log that came too fast to be read", [
      ["", this.#droppedBytes],
    ])
    counter(
      "rule_matches",
      "Messages that a recovery rule took",
      [...this.#matches].map(([rule, count]) => [`rule="${rule}"`, count]),
    )
    counter("rule_actions", "What became of the actions of matched rules", [...this.#deeds])
    return lines
  }
}
