/**
 * Signing in through an identity provider: OpenID Connect, authorisation code with PKCE, state and nonce.
 * What must be remembered between leaving and returning is in a cookie of the browser that left, so that
 * any central can take it back. Nobody is known by name or e-mail: an account is its issuer and subject.
 */
import { randomUUID } from "node:crypto"
import * as oidc from "openid-client"
import * as z from "zod"
import { isOwnPath } from "#core/access/own-path.ts"
import type { Role } from "#core/access/role.ts"
import type { Labels } from "#core/access/scope.ts"
import type { Log } from "#io/log.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import { audit } from "../audit/audit.ts"
import { central } from "../intent/actor.ts"
import { tell } from "../intent/tell.ts"
import { done, type Outcome, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import { insertPerson, lockAccount, type PersonRow, updatePerson } from "../store/person.ts"
import type { ProviderConfig } from "./provider-config.ts"
import { type OpenedSession, openSession, type SignedInBy } from "./session.ts"

/** Seconds that the provider may take for one answer. */
const timeout = 10

const leavingSchema = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  /** The page to come back to. A browser keeps this, so it is looked at again on return. */
  to: z.string().refine(isOwnPath).catch("/"),
})
/** What the browser keeps until it returns. */
export type Leaving = z.infer<typeof leavingSchema>

export function readLeaving(cookie: string | undefined): Leaving | undefined {
  try {
    const text = Buffer.from(cookie ?? "", "base64url").toString("utf8")
    return leavingSchema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

export const writeLeaving = (leaving: Leaving): string =>
  Buffer.from(JSON.stringify(leaving), "utf8").toString("base64url")

const claimsSchema = z.looseObject({
  sub: z.string().min(1).max(255),
  preferred_username: z.string().optional(),
  email: z.string().optional(),
  email_verified: z.boolean().optional(),
})
export type Claims = z.infer<typeof claimsSchema>

export type Admitted = { readonly role: Role; readonly scope: Labels }

/** The first line of the mapping that fits; nobody else is let in. */
export function admitted(config: ProviderConfig, claims: Claims): Admitted | undefined {
  const found = config.roles.find(({ claim, value }) => {
    const given = claims[claim]
    return Array.isArray(given) ? given.includes(value) : given === value
  })
  return found === undefined ? undefined : { role: found.role, scope: found.scope }
}

/** An address that nobody verified may be anybody's. */
export const emailOf = ({ email, email_verified: isVerified }: Claims): string | undefined =>
  isVerified === true ? email?.slice(0, 200) : undefined

export class Provider {
  readonly config: ProviderConfig
  readonly #database: Database
  readonly #log: Log
  #discovered: oidc.Configuration | undefined

  constructor(config: ProviderConfig, database: Database, log: Log) {
    this.config = config
    this.#database = database
    this.#log = log
  }

  /** Where to send the browser, which shall come back to the page `to`. */
  async leave(to: string): Promise<Outcome<{ readonly to: string; readonly leaving: Leaving }>> {
    const known = await this.#known()
    if (known === undefined) return away
    const leaving: Leaving = {
      to,
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
    }
    const there = oidc.buildAuthorizationUrl(known, {
      redirect_uri: this.config.redirectUri,
      scope: this.config.scopes,
      code_challenge: await oidc.calculatePKCECodeChallenge(leaving.verifier),
      code_challenge_method: "S256",
      state: leaving.state,
      nonce: leaving.nonce,
    })
    return done({ to: there.href, leaving })
  }

  /** The browser is back with a code: whose it is, and a session for that one. */
  async back(
    query: string,
    leaving: Leaving,
    from: Omit<SignedInBy, "by">,
  ): Promise<Outcome<OpenedSession>> {
    const claims = await this.#claims(query, leaving)
    if (claims.kind === "refused") return claims
    return this.#database.transaction(async (sql) => {
      const person = await this.#person(sql, claims.value, from)
      return person.kind === "refused"
        ? person
        : done(await openSession(sql, person.value, { ...from, by: "provider" }))
    })
  }

  async #known(): Promise<oidc.Configuration | undefined> {
    const { issuer, clientId, clientSecret, isInsecure } = this.config
    try {
      this.#discovered ??= await oidc.discovery(issuer, clientId, clientSecret, undefined, {
        timeout,
        execute: isInsecure ? [oidc.allowInsecureRequests] : [],
      })
      return this.#discovered
    } catch (error) {
      this.#log.warn("provider.away", { issuer: issuer.href, error })
      return undefined
    }
  }

  async #claims(query: string, leaving: Leaving): Promise<Outcome<Claims>> {
    const known = await this.#known()
    if (known === undefined) return away
    try {
      const tokens = await oidc.authorizationCodeGrant(
        known,
        new URL(`${this.config.redirectUri}${query}`),
        {
          expectedState: leaving.state,
          expectedNonce: leaving.nonce,
          pkceCodeVerifier: leaving.verifier,
          idTokenExpected: true,
        },
      )
      const own = tokens.claims()
      const more =
        own !== undefined && known.serverMetadata().userinfo_endpoint !== undefined
          ? await oidc.fetchUserInfo(known, tokens.access_token, own.sub)
          : {}
      const claims = claimsSchema.safeParse({ ...more, ...own })
      return claims.success ? done(claims.data) : notProved
    } catch (error) {
      // Its message may name what was sent; the log is for admins, the answer says no more than no.
      this.#log.warn("provider.refused", { error })
      return notProved
    }
  }

  async #person(
    sql: Sql,
    claims: Claims,
    { address, requestId }: Omit<SignedInBy, "by">,
  ): Promise<Outcome<PersonRow>> {
    const standing = admitted(this.config, claims)
    if (standing === undefined)
      return refused(403, "NOT_ALLOWED", "none of your groups may use this central")
    const issuer = this.config.issuer.href
    const actor = { ...central, name: "identity provider", address, requestId }
    const known = await lockAccount(sql, issuer, claims.sub)
    if (known !== undefined) return this.#follow(sql, known, { standing, claims, actor })
    const person: PersonRow = {
      id: randomUUID(),
      name: (claims.preferred_username ?? emailOf(claims) ?? claims.sub).trim().slice(0, 100),
      email: emailOf(claims),
      passwordHash: undefined,
      ...standing,
      disabled: false,
      issuer,
      subject: claims.sub,
      version: 1,
    }
    if (!(await insertPerson(sql, person)))
      return refused(
        409,
        "NAME_TAKEN",
        `somebody else is called ${person.name} here; an admin has to rename or delete that one first`,
      )
    await tell(sql, actor, undefined, [
      { kind: "person.created", message: `${person.name} came through the identity provider` },
    ])
    await audit(sql, actor, {
      action: "create",
      resource: "person",
      id: person.id,
      name: person.name,
      after: { ...person, email: person.email ?? null, provider: issuer },
    })
    await notify(sql, { kind: "list", resource: "people" })
    return done(person)
  }

  /** What the provider says of role and scope holds from this sign-in on. */
  async #follow(
    sql: Sql,
    known: PersonRow,
    {
      standing,
      claims,
      actor,
    }: { readonly standing: Admitted; readonly claims: Claims; readonly actor: typeof central },
  ): Promise<Outcome<PersonRow>> {
    if (known.disabled) return refused(403, "DISABLED", "an admin has disabled your access")
    const now = { ...known, ...standing, email: emailOf(claims) }
    const same =
      now.role === known.role &&
      now.email === known.email &&
      JSON.stringify(now.scope) === JSON.stringify(known.scope)
    if (same) return done(known)
    await updatePerson(sql, now)
    await audit(sql, actor, {
      action: "edit",
      resource: "person",
      id: known.id,
      name: known.name,
      before: { role: known.role, scope: known.scope, email: known.email ?? null },
      after: { role: now.role, scope: now.scope, email: now.email ?? null },
    })
    await notify(sql, { kind: "access", ids: [known.id] })
    return done(now)
  }
}

const away = refused(
  503,
  "PROVIDER_AWAY",
  "the identity provider does not answer; sign in with a password, or try again later",
)
const notProved = refused(
  401,
  "NOT_PROVED",
  "the identity provider's answer does not belong to this sign-in, or was used already; begin again",
)
