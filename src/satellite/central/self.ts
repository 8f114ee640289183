/**
 * Who we are to central while a stream is open: what central changes of it is in the Secret before it counts.
 * A crash at any step leaves an identity that central takes.
 */
import type { IssuedCertificate } from "#core/fleet/satellite.ts"
import { isRenewalDue } from "#core/fleet/certificates.ts"
import { minutes } from "#core/units.ts"
import { goodFrom, goodUntil, newRequest } from "#io/certificates/authority.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { retried } from "../retried.ts"
import type { Approved, IdentityStore } from "./identity.ts"

export type SelfOptions = {
  readonly identities: Pick<IdentityStore, "save">
  readonly clock: Clock
  readonly log: Log
  /** Only then certificates mean anything. */
  readonly usesTls: boolean
}

/** A request that was not answered is made again after this. */
const askAgainAfter = minutes(5)

export class Self {
  readonly #options: SelfOptions
  #current: Approved
  #asked: { readonly request: string; readonly key: string; readonly at: number } | undefined

  constructor(current: Approved, options: SelfOptions) {
    this.#current = current
    this.#options = options
  }

  get current(): Approved {
    return this.#current
  }

  /** The newest token first: using it is what makes the older one void. */
  get token(): string {
    return this.#current.nextToken ?? this.#current.authToken
  }

  async #keep(changed: Partial<Approved>, signal: AbortSignal): Promise<void> {
    const { identities } = this.#options
    const next = { ...this.#current, ...changed }
    await retried("the identity Secret", this.#options, signal, () => identities.save(next, signal))
    this.#current = next
  }

  /** Central gave the token of the next stream. */
  async tokenGiven(token: string, signal: AbortSignal): Promise<void> {
    await this.#keep({ nextToken: token }, signal)
    this.#options.log.event("identity.token-given", { next: "a new stream begins with it" })
  }

  /** Central took `token`: an older one is of no use any more. */
  async tokenTaken(token: string, signal: AbortSignal): Promise<void> {
    if (this.#current.authToken === token) return
    await this.#keep({ authToken: token, nextToken: undefined }, signal)
    this.#options.log.event("identity.token-rotated", {})
  }

  /** Central does not know the newest token; true when there is the one before it. */
  async tokenRefused(signal: AbortSignal): Promise<boolean> {
    if (this.#current.nextToken === undefined) return false
    await this.#keep({ nextToken: undefined }, signal)
    return true
  }

  /** The request for a certificate, when one is due and not just asked for. */
  async certificateRequest(): Promise<string | undefined> {
    const { clock, usesTls } = this.#options
    if (!usesTls || !this.#isCertificateDue()) return undefined
    if (this.#asked !== undefined && clock.now() - this.#asked.at < askAgainAfter) return undefined
    this.#asked = { ...(await newRequest(this.#current.satelliteId)), at: clock.now() }
    return this.#asked.request
  }

  #isCertificateDue(): boolean {
    const { client } = this.#current
    if (client === undefined) return true
    const { certificate } = client
    const life = { from: goodFrom(certificate), until: goodUntil(certificate) }
    return isRenewalDue(life, this.#options.clock.wall())
  }

  /** Central signed what was asked for; the next stream shows it. */
  async certified(issued: IssuedCertificate, signal: AbortSignal): Promise<void> {
    const asked = this.#asked
    this.#asked = undefined
    if (asked === undefined) return
    const { certificate, authorities } = issued
    await this.#keep({ client: { certificate, key: asked.key }, authorities }, signal)
    this.#options.log.event("identity.certified", {
      until: new Date(goodUntil(certificate)).toISOString(),
    })
  }
}
