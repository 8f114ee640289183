/**
 * `Idempotency-Key`: a request that was sent twice, because its answer got lost or a finger slipped, is done
 * once. The key is claimed, the request is done and the answer is kept in one transaction, for every POST of
 * the table of routes. A refusal is not kept: nothing was done, and a second try may do better.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto"
import { canonicalJson } from "#core/canonical.ts"
import type { FastifyRequest } from "fastify"
import type { JointDatabase } from "#io/postgres/joint.ts"
import type { Route } from "#wire/rest/routes.ts"
import { takesIdempotencyKey } from "#wire/rest/route.ts"
import { done, type Outcome, refused } from "../refusal.ts"
import { claim, type Claimed, keepAnswer, release } from "../store/idempotency.ts"
import { bearerOf, sessionOf } from "./guard.ts"

export const replayedHeader = "idempotency-replayed"

export type Answered = { readonly value: unknown; readonly replayed: boolean }

type Once = { readonly claimed: Claimed; readonly fingerprint: Buffer; readonly secret: Buffer }

const sha256 = (...parts: readonly (string | Buffer)[]): Buffer => {
  const hash = createHash("sha256")
  for (const part of parts) hash.update(part)
  return hash.digest()
}

/** Does what `work` does, once for each key; without a key, each time. */
export async function idempotent(
  database: JointDatabase,
  route: Route,
  request: FastifyRequest,
  work: () => Promise<Outcome<unknown>>,
): Promise<Outcome<Answered>> {
  const fresh = async (): Promise<Outcome<Answered>> => {
    const outcome = await work()
    return outcome.kind === "refused" ? outcome : done({ value: outcome.value, replayed: false })
  }
  const header = request.headers["idempotency-key"]
  if (header === undefined || !takesIdempotencyKey(route)) return fresh()
  const key = typeof header === "string" ? header : ""
  if (!/^[\x21-\x7e]{8,255}$/.test(key))
    return refused(400, "INVALID", "some fields are not as they must be", [
      {
        field: "Idempotency-Key",
        problem: "must be 8 to 255 visible ASCII characters, a UUID for example",
      },
    ])
  const once = onceOf(request, key)
  return database.joined(async (sql) => {
    const earlier = await claim(sql, once.claimed, once.fingerprint)
    if (earlier !== undefined) {
      if (!earlier.fingerprint.equals(once.fingerprint)) return otherRequest
      const value = earlier.answer === undefined ? undefined : opened(earlier.answer, once.secret)
      return done({ value, replayed: true })
    }
    const outcome = await fresh()
    if (outcome.kind === "refused") await release(sql, once.claimed)
    else if (outcome.value.value !== undefined)
      await keepAnswer(sql, once.claimed, sealed(outcome.value.value, once.secret))
    return outcome
  })
}

const otherRequest = refused(
  422,
  "IDEMPOTENCY_KEY_REUSED",
  "this Idempotency-Key was used for another request (other address or body) within the last 24 hours: send a new key with a new request",
  [{ field: "Idempotency-Key", problem: "was used for another request" }],
)

/** The key is the caller's own: another caller who happens to use the same one is not met. */
function onceOf(request: FastifyRequest, key: string): Once {
  const credential = bearerOf(request) ?? sessionOf(request) ?? ""
  return {
    claimed: { caller: sha256("caller\0", credential), keyHash: sha256("key\0", key) },
    fingerprint: sha256(canonicalJson([request.method, request.url, request.body ?? null])),
    secret: Buffer.from(`${credential}\0${key}`),
  }
}

/*
 * An answer may hold a secret that is shown once and kept nowhere (a new token). So it is sealed with the
 * credential and the key of its caller, of both of which this database has only hashes.
 */
const saltBytes = 16
const nonceBytes = 12
const tagBytes = 16
const cipher = "aes-256-gcm"

const sealingKey = (secret: Buffer, salt: Buffer): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, salt, "pg-swarm idempotency", 32))

function sealed(value: unknown, secret: Buffer): Buffer {
  const salt = randomBytes(saltBytes)
  const nonce = randomBytes(nonceBytes)
  const sealing = createCipheriv(cipher, sealingKey(secret, salt), nonce)
  const body = Buffer.concat([sealing.update(JSON.stringify(value)), sealing.final()])
  return Buffer.concat([salt, nonce, sealing.getAuthTag(), body])
}

function opened(kept: Buffer, secret: Buffer): unknown {
  const salt = kept.subarray(0, saltBytes)
  const nonce = kept.subarray(saltBytes, saltBytes + nonceBytes)
  const tag = kept.subarray(saltBytes + nonceBytes, saltBytes + nonceBytes + tagBytes)
  const opening = createDecipheriv(cipher, sealingKey(secret, salt), nonce)
  opening.setAuthTag(tag)
  const body = kept.subarray(saltBytes + nonceBytes + tagBytes)
  return JSON.parse(Buffer.concat([opening.update(body), opening.final()]).toString("utf8"))
}
