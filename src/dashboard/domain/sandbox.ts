/** Words for what the sandbox found. */
import type { SandboxAnswer } from "#wire/rest/rule-set-routes.ts"
import type { Tone } from "../ui/tone.ts"

type Message = SandboxAnswer["messages"][number]
type Taken = NonNullable<Message["taken"]>

export const tryLook: Readonly<
  Record<Taken["verdict"], { readonly tone: Tone; readonly word: string }>
> = {
  act: { tone: "good", word: "Acts" },
  "only-told": { tone: "warn", word: "Only told" },
  silent: { tone: "quiet", word: "Silent" },
}

export const passedOverWords: Readonly<Record<Message["others"][number]["why"], string>> = {
  later: "another rule before it takes the message",
  severity: "not for this severity",
  disabled: "switched off",
}
