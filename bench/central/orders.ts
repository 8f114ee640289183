/** What the bench and the process with the satellites say to one another. */

export type Target = {
  readonly grpc: string
  /** PEM of the authority that signed central's certificate. */
  readonly authority: string
}

export type ToSwarm =
  | { readonly kind: "register"; readonly target: Target; readonly count: number }
  /** All of them were approved: collect the tokens, open the streams. */
  | { readonly kind: "connect" }
  /** From now on so many events a second, of satellites by chance. */
  | { readonly kind: "events"; readonly perSecond: number }
  | { readonly kind: "end" }

export type FromSwarm =
  /** One of them; it waits to be approved. */
  | { readonly kind: "registered"; readonly id: string }
  /** Twice a second. */
  | {
      readonly kind: "state"
      readonly connected: number
      /** How many satellites hold each config version of their cluster. */
      readonly versions: Readonly<Record<string, number>>
      /** By how much their own program was late since events began, at the 99th percentile, in milliseconds. */
      readonly lateP99: number
    }
  | { readonly kind: "failed"; readonly why: string }

/** Events of the bench are told from central's own by this. */
export const benchEvent = "bench.tick"
