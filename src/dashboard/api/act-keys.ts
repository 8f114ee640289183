/**
 * Each act of a person goes out under an `Idempotency-Key` of its own. When no answer came, nobody knows whether
 * it was done: the same request, asked for again soon, keeps its key, so that central does it once.
 */

/** As long as a person who saw "no answer" tries again; later the same words are another wish. */
export const keptMs = 2 * 60_000
const keptMost = 100

type Kept = { readonly key: string; readonly until: number }

export type ActKeys = {
  /** `request`: method, address and body, in one text. */
  readonly keyOf: (request: string) => string
  /** Central has said what became of it; the same request is another act from now on. */
  readonly answered: (request: string) => void
}

export function createActKeys(now: () => number, fresh: () => string): ActKeys {
  const open = new Map<string, Kept>()
  return {
    keyOf: (request) => {
      for (const [text, { until }] of open) if (until <= now()) open.delete(text)
      const key = open.get(request)?.key ?? fresh()
      open.delete(request)
      open.set(request, { key, until: now() + keptMs })
      // The eldest is forgotten first; that many at once are no person's.
      for (const text of open.keys()) if (open.size > keptMost) open.delete(text)
      return key
    },
    answered: (request) => {
      open.delete(request)
    },
  }
}

/** `crypto.randomUUID` is there on secure origins alone; central may be on plain HTTP in a closed network. */
export const randomKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("")
