import assert from "node:assert/strict"
import { test } from "node:test"
import { LineSplitter } from "./line-splitter.ts"

/** All lines of `bytes`, given in pieces of `size`. */
function split(bytes: Buffer, size: number, max = 1000) {
  const splitter = new LineSplitter(max)
  const lines = []
  for (let at = 0; at < bytes.length; at += size)
    lines.push(...splitter.push(bytes.subarray(at, at + size)))
  return [...lines, ...splitter.end()]
}

test("lines are the same wherever the bytes are cut, in the middle of a character too", () => {
  const text = "first\nä€😀\r\n\n😀😀 last without an end"
  const expected = ["first", "ä€😀", "", "😀😀 last without an end"]
  const bytes = Buffer.from(text)
  for (let size = 1; size <= bytes.length; size += 1)
    assert.deepEqual(
      split(bytes, size).map((line) => line.text),
      expected,
    )
})

test("a line beyond the bound is cut before a character, and the next one is whole", () => {
  for (let size = 1; size <= 20; size += 1) {
    assert.deepEqual(split(Buffer.from("ab😀cd\nnext\n"), size, 5), [
      { text: "ab", isCut: true },
      { text: "next", isCut: false },
    ])
    assert.deepEqual(split(Buffer.from("abcde\nabcdef"), size, 5), [
      { text: "abcde", isCut: false },
      { text: "abcde", isCut: true },
    ])
  }
})

test("bytes that are no UTF-8 become replacement characters", () => {
  assert.deepEqual(split(Buffer.from([0x61, 0xff, 0x0a]), 1), [{ text: "a\u{FFFD}", isCut: false }])
})
