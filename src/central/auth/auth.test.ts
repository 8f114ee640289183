import assert from "node:assert/strict"
import { test } from "node:test"
import { Limit } from "./limit.ts"
import { hashPassword, verifyPassword } from "./password.ts"
import { deriveAuthToken, newApiToken, opens, sha256 } from "./secret.ts"

test("a password opens its own hash only, however its letters are composed", async () => {
  const stored = await hashPassword("Ünïcode pass")
  assert.match(stored, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  assert.equal(await verifyPassword(stored, "U\u0308ni\u0308code pass"), true)
  assert.equal(await verifyPassword(stored, "unicode pass"), false)
  assert.notEqual(stored, await hashPassword("Ünïcode pass"))
})

test("a stored hash that nobody can read opens for nobody", async () => {
  for (const stored of ["", "plain", "$argon2id$v=19$m=1$x$y", "$2b$10$abcdefghijklmnopqrstuv"])
    assert.equal(await verifyPassword(stored, ""), false)
})

test("an API token is recognisable, long, and known by its hash only", () => {
  const token = newApiToken()
  assert.match(token, /^pgs_[A-Za-z0-9_-]{43}$/)
  assert.equal(opens(sha256(token), token), true)
  assert.equal(opens(sha256(token), `${token}x`), false)
  assert.equal(opens(undefined, token), false)
})

test("an auth token is the same for one approval and another for the next", () => {
  const nonce = Buffer.alloc(32, 1)
  assert.equal(deriveAuthToken("r", nonce), deriveAuthToken("r", nonce))
  assert.notEqual(deriveAuthToken("r", nonce), deriveAuthToken("r", Buffer.alloc(32, 2)))
  assert.notEqual(deriveAuthToken("r", nonce), deriveAuthToken("s", nonce))
})

test("a limit lets a burst through, then as many as come back with time", () => {
  const limit = new Limit({ burst: 3, perSecond: 0.5 })
  for (let at = 0; at < 3; at += 1) assert.equal(limit.take("a", 0), true)
  assert.equal(limit.take("a", 0), false)
  assert.equal(limit.wait("a", 0), 2)
  assert.equal(limit.take("b", 0), true, "another key has its own")
  assert.equal(limit.wait("a", 2000), 0)
  assert.equal(limit.take("a", 2000), true)
  assert.equal(limit.take("a", 2000), false)
  assert.equal(limit.take("a", 1000), false, "time that runs backwards gives nothing")
})

test("a limit remembers a bounded number of keys and forgets the one that was quiet longest", () => {
  const limit = new Limit({ burst: 1, perSecond: 0.001, keysMax: 2 })
  assert.equal(limit.take("a", 0), true)
  assert.equal(limit.take("b", 0), true)
  assert.equal(limit.take("a", 1), false)
  assert.equal(limit.take("c", 2), true)
  assert.equal(limit.take("a", 3), false, "a was used later than b")
  assert.equal(limit.take("b", 4), true, "b was forgotten")
})
