/**
 * The private authority of central: made once for all centrals on a database, followed by the next one years
 * before it ends, forgotten when it is over. Signs certificates of satellites and, where none was given, central's.
 */
import { randomUUID } from "node:crypto"
import {
  authorityDays,
  isNewAuthorityDue,
  isRenewalDue,
  satelliteCertificateDays,
  satelliteUri,
  servingCertificateDays,
  signer,
  type Life,
} from "#core/fleet/certificates.ts"
import type { SatelliteId } from "#core/ids.ts"
import {
  certifyClient,
  goodFrom,
  goodUntil,
  issue,
  newAuthority,
  type Pair,
} from "#io/certificates/authority.ts"
import { Outage } from "#io/outage.ts"
import type { Database } from "#io/postgres/sql.ts"
import type { SecretBox } from "../secrets/secret-box.ts"
import {
  deleteAuthority,
  insertAuthority,
  listAuthorities,
  lockAuthorities,
} from "../store/authority.ts"
import { central } from "../intent/actor.ts"
import { tell } from "../intent/tell.ts"

type Authority = Pair & Life & { readonly id: string }

export class Authorities {
  readonly #database: Database
  readonly #secrets: SecretBox
  #known: readonly Authority[] = []

  constructor(database: Database, secrets: SecretBox) {
    this.#database = database
    this.#secrets = secrets
  }

  /** Reads them, and makes the first or the next one where that is due. */
  async refresh(now: number): Promise<void> {
    const found = await this.#read(this.#database)
    const isDue = isNewAuthorityDue(found, now) || found.some(({ until }) => until <= now)
    this.#known = isDue ? await this.#renew(now) : found
  }

  async #read({ sql }: Pick<Database, "sql">): Promise<readonly Authority[]> {
    return (await listAuthorities(sql, this.#secrets)).map(({ id, certificate, key }) => ({
      id,
      certificate,
      key,
      from: goodFrom(certificate),
      until: goodUntil(certificate),
    }))
  }

  async #renew(now: number): Promise<readonly Authority[]> {
    const id = randomUUID()
    // Made before the transaction: it may run twice.
    const made = await newAuthority(`pg-swarm central ${id.slice(0, 8)}`, now, authorityDays)
    return this.#database.transaction(async (sql) => {
      await lockAuthorities(sql)
      const found = await this.#read({ sql })
      for (const { id: over } of found.filter(({ until }) => until <= now))
        await deleteAuthority(sql, over)
      const good = found.filter(({ until }) => until > now)
      if (!isNewAuthorityDue(good, now)) return good
      const { certificate, key } = made
      await insertAuthority(sql, this.#secrets, { id, certificate, key })
      await tell(sql, central, undefined, [
        {
          kind: "authority.made",
          message:
            good.length === 0
              ? "central made a certificate authority of its own"
              : "central made the next certificate authority; satellites hear of it when they renew their certificates",
        },
      ])
      return [...good, { id, ...made, from: goodFrom(certificate), until: goodUntil(certificate) }]
    })
  }

  /** PEM of all that are good: what others trust. */
  get bundle(): string {
    return this.#known.map(({ certificate }) => certificate).join("")
  }

  #signer(now: number): Authority {
    const found = signer(this.#known, now)
    if (found === undefined)
      throw new Outage("NO_AUTHORITY", "every certificate authority of central is over")
    return found
  }

  async serving(names: readonly string[], now: number): Promise<Pair> {
    return issue(this.#signer(now), names, now, servingCertificateDays)
  }

  /** Undefined where the request is none. */
  async certify(satellite: SatelliteId, request: string, now: number): Promise<string | undefined> {
    const client = { commonName: satellite, uri: satelliteUri(satellite) }
    return certifyClient(this.#signer(now), request, client, now, satelliteCertificateDays)
  }
}

export const isServingOld = (certificate: string, now: number): boolean =>
  isRenewalDue({ from: goodFrom(certificate), until: goodUntil(certificate) }, now)
