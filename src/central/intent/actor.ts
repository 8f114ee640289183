/** Who asks for a change: a person, in a browser or by a token, or `central` itself. */
import { type Scope, wholeFleet } from "#core/access/scope.ts"

export type Actor = {
  readonly name: string
  /** Undefined where no person asked. */
  readonly personId: string | undefined
  /** The API token that it was asked with. */
  readonly token: { readonly id: string; readonly name: string } | undefined
  readonly address: string | undefined
  /** The `X-Request-Id` of the request; events and the audit can be joined by it. */
  readonly requestId: string | undefined
  /** What of the fleet is there for this actor; anything else is not found. */
  readonly scope: Scope
}

export const central: Actor = {
  name: "central",
  personId: undefined,
  token: undefined,
  address: undefined,
  requestId: undefined,
  scope: wholeFleet,
}
