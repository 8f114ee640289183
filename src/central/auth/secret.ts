/**
 * Secrets of high entropy: made here, compared in constant time, stored as SHA-256 only. A password is
 * not one of them; see `password.ts`.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto"

export const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Whether `text` is what `hash` was made of. Takes the same time for every wrong text. */
export const opens = (hash: Buffer | undefined, text: string): boolean =>
  hash !== undefined && timingSafeEqual(hash, sha256(text))

export const newRegistrationToken = (): string => randomBytes(32).toString("hex")
export const newSessionToken = (): string => randomBytes(32).toString("base64url")
/** The token that follows the first one of a satellite. */
export const newAuthToken = (): string => `pgss_${randomBytes(32).toString("base64url")}`
/** How an API token begins: to recognise it by in a list, and no help to who guesses the rest. */
export const prefixOf = (token: string): string => token.slice(0, 12)
export const newApiToken = (): string => `pgs_${randomBytes(32).toString("base64url")}`

/**
 * The auth token of a satellite, derived from what the satellite alone holds (its registration token) and
 * what central alone holds (the nonce of its approval). So the same token can be given until it is first
 * used, while neither side of central's database is enough to make it.
 */
export const deriveAuthToken = (registrationToken: string, nonce: Buffer): string =>
  `pgss_${createHmac("sha256", nonce).update(registrationToken).digest("base64url")}`
