import assert from "node:assert/strict"
import { test } from "node:test"
import { readProtobuf } from "./protobuf.ts"

const field = (number: number, content: Buffer | string): Buffer => {
  const bytes = Buffer.from(content)
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes])
}

const sent = (kind: string, raw: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from("k8s\0"),
    field(1, Buffer.concat([field(1, "v1"), field(2, kind)])),
    field(2, raw),
  ])

test("a ConfigMap in protobuf is read into the same object as its JSON", () => {
  const metadata = field(1, Buffer.concat([field(1, "name"), field(2, ""), field(8, "")]))
  const entry = field(2, Buffer.concat([field(1, "key"), field(2, "value")]))
  const immutable = Buffer.from([(4 << 3) | 0, 1])
  assert.deepEqual(readProtobuf(sent("ConfigMap", Buffer.concat([metadata, entry, immutable]))), {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "name" },
    data: { key: "value" },
    immutable: true,
  })
})

test("other bytes, other kinds and messages that are cut short are refused", () => {
  assert.throws(() => readProtobuf(Buffer.from("{}")), /not Kubernetes' protobuf/)
  assert.throws(() => readProtobuf(sent("Pod", Buffer.alloc(0))), /Pod/)
  const whole = sent("ConfigMap", field(1, field(1, "name")))
  assert.throws(() => readProtobuf(whole.subarray(0, -2)), /cut short/)
})
