/** When a figure begins to worry. */
import type { Instance } from "#wire/rest/clusters.ts"
import type { Tone } from "../ui/tone.ts"

/** Fill of something that must not become full. */
export const fillToneOf = (share: number): Tone =>
  share >= 0.95 ? "bad" : share >= 0.8 ? "warn" : "busy"

const worrying = { bytes: 16 * 1024 ** 2, seconds: 5 }
const grave = { bytes: 1024 ** 3, seconds: 60 }

export function lagTone(instance: Pick<Instance, "lagBytes" | "lagSeconds">): Tone {
  const bytes = instance.lagBytes ?? 0
  const seconds = instance.lagSeconds ?? 0
  if (bytes >= grave.bytes || seconds >= grave.seconds) return "bad"
  if (bytes >= worrying.bytes || seconds >= worrying.seconds) return "warn"
  return "quiet"
}
