/**
 * How grave something is, apart from what it is. A tone chooses colours and a sign; the word beside it
 * always says the same, so that no meaning hangs on colour alone.
 */
export type Tone = "good" | "busy" | "warn" | "bad" | "quiet"

/** Soft background with readable text. */
export const softTone: Readonly<Record<Tone, string>> = {
  good: "bg-good-soft text-good",
  busy: "bg-busy-soft text-busy",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  quiet: "bg-quiet-soft text-quiet",
}

export const textTone: Readonly<Record<Tone, string>> = {
  good: "text-good",
  busy: "text-busy",
  warn: "text-warn",
  bad: "text-bad",
  quiet: "text-quiet",
}

/** Solid fill for bars and dots. */
export const fillTone: Readonly<Record<Tone, string>> = {
  good: "bg-good-fill",
  busy: "bg-busy-fill",
  warn: "bg-warn-fill",
  bad: "bg-bad-fill",
  quiet: "bg-quiet-fill",
}
