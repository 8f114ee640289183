/** What is sent to the sandbox's thread, and what comes back. Plain data: it is copied between threads. */
import type { Problem } from "#core/parsed.ts"
import type { Reader, Replay } from "#core/recovery/replay.ts"
import type { RuleSet } from "#core/recovery/rule.ts"

export type SandboxTask = { readonly set: RuleSet; readonly log: string; readonly reader: Reader }

export type SandboxAnswer =
  | { readonly kind: "replayed"; readonly replay: Replay }
  | { readonly kind: "bad"; readonly problems: readonly Problem[] }
