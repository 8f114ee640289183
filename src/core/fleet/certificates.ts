/** When certificates are renewed, and which of several authorities signs: decided here, signed elsewhere. */
const day = 86_400_000

/** Good from and until, in milliseconds since 1970. */
export type Life = { readonly from: number; readonly until: number }

/** A satellite's certificate outlives months without central, and is renewed as soon as a third of it is over. */
export const satelliteCertificateDays = 90
/** Central's own lives in memory and is made anew by each central at its start. */
export const servingCertificateDays = 60
export const authorityDays = 10 * 365

/** Everybody has heard of a new authority when every satellite that is ever heard has renewed its certificate. */
const spreadDays = satelliteCertificateDays
/** A new authority is made while the old one can still sign certificates that live their whole life. */
const nextAuthorityDays = spreadDays + 2 * satelliteCertificateDays

export const isRenewalDue = ({ from, until }: Life, now: number): boolean =>
  now >= from + (until - from) / 3

export const isNewAuthorityDue = (lives: readonly Life[], now: number): boolean =>
  Math.max(0, ...lives.map(({ until }) => until)) < now + nextAuthorityDays * day

/**
 * Who signs now: the newest that is known everywhere; where none is, the oldest that is still good, which most
 * know. Undefined when none is good.
 */
export function signer<A extends Life>(authorities: readonly A[], now: number): A | undefined {
  const good = authorities.filter(({ until }) => until > now).toSorted((a, b) => a.from - b.from)
  return good.findLast(({ from }) => from + spreadDays * day <= now) ?? good[0]
}

/** By what a satellite's certificate says whose it is. */
export const satelliteUri = (id: string): string => `pg-swarm://satellites/${id}`
