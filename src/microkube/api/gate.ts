/** Where faults meet requests: what becomes of a client's call before it is looked at. */
import type { User } from "./accounts.ts"

export type Caller = { readonly user: User; readonly userAgent: string }

export type Treatment =
  | { readonly kind: "pass" }
  /** Never answered; the connection stays open, as with packets that get lost. */
  | { readonly kind: "drop" }
  /** The connection is closed at once. */
  | { readonly kind: "refuse" }
  | { readonly kind: "slow"; readonly delayMs: number }
  | { readonly kind: "error"; readonly code: number }

export interface Gate {
  treat(caller: Caller): Treatment
  /** Told whenever treatments may have changed. */
  onChange(listener: () => void): () => void
}
