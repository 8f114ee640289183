import assert from "node:assert/strict"
import { test } from "node:test"
import { Code, ConnectError } from "@connectrpc/connect"
import fc from "fast-check"
import { Frames, framed } from "./frames.ts"

const most = 300
const message = fc.uint8Array({ maxLength: most })

function cutAt(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const cuts = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  )
  return cuts.slice(1).map((end, at) => bytes.subarray(cuts[at], end))
}

test("messages come out whole and in order, wherever the network cut their bytes", () => {
  fc.assert(
    fc.property(fc.array(message), fc.array(fc.nat()), (messages, places) => {
      const frames = new Frames(most)
      const found: Uint8Array[] = []
      for (const chunk of cutAt(Buffer.concat(messages.map(framed)), places)) {
        frames.push(chunk)
        for (let next = frames.next(); next !== undefined; next = frames.next()) found.push(next)
      }
      assert.deepEqual(
        found.map((one) => Buffer.from(one)),
        messages.map((one) => Buffer.from(one)),
      )
      assert.equal(frames.isPartial, false)
    }),
  )
})

test("a message that has begun and is not whole is told from none", () => {
  const frames = new Frames(most)
  frames.push(Buffer.from(framed(Buffer.from("abc"))).subarray(0, 6))
  assert.equal(frames.next(), undefined)
  assert.equal(frames.isPartial, true)
})

test("a message is refused by its length, before its bytes are there, and a compressed one by its flag", () => {
  const code = (bytes: readonly number[]): Code | undefined => {
    const frames = new Frames(most)
    frames.push(Buffer.from(bytes))
    try {
      frames.next()
    } catch (error) {
      if (error instanceof ConnectError) return error.code
      throw error
    }
    return undefined
  }
  assert.equal(code([0, 0, 0, 1, 44]), undefined)
  assert.equal(code([0, 0, 0, 1, 45]), Code.ResourceExhausted)
  assert.equal(code([0, 255, 255, 255, 255]), Code.ResourceExhausted)
  assert.equal(code([1, 0, 0, 0, 1]), Code.Unimplemented)
})
