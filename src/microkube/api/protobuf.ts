/**
 * The protobuf in which `kubectl create …` and `kubectl auth can-i` send the few kinds that they make
 * themselves. It is read into the JSON that everything else is sent in; answers are always JSON.
 */
import { badRequest, unsupportedMedia } from "../api-error.ts"
import type { Json, JsonObject } from "../json.ts"

export const protobufType = "application/vnd.kubernetes.protobuf"

const magic = Buffer.from([0x6b, 0x38, 0x73, 0x00])

/**
 * Messages as `field number: name type`. Types: `str int bool bytes`, another message, `[T]` for a
 * list, `<str>` and `<bytes>` for maps. What is not named here is passed over.
 */
const messages: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  Meta: {
    1: "name str",
    2: "generateName str",
    3: "namespace str",
    11: "labels <str>",
    12: "annotations <str>",
    14: "finalizers [str]",
  },
  Namespace: { 1: "metadata Meta" },
  ConfigMap: { 1: "metadata Meta", 2: "data <str>", 3: "binaryData <bytes>", 4: "immutable bool" },
  Secret: {
    1: "metadata Meta",
    2: "data <bytes>",
    3: "type str",
    4: "stringData <str>",
    5: "immutable bool",
  },
  ServiceAccount: { 1: "metadata Meta", 4: "automountServiceAccountToken bool" },
  TokenRequest: { 1: "metadata Meta", 2: "spec TokenSpec" },
  TokenSpec: { 1: "audiences [str]", 4: "expirationSeconds int" },
  SelfSubjectAccessReview: { 1: "metadata Meta", 2: "spec AccessSpec" },
  AccessSpec: { 1: "resourceAttributes Attributes", 2: "nonResourceAttributes PathAttributes" },
  Attributes: {
    1: "namespace str",
    2: "verb str",
    3: "group str",
    4: "version str",
    5: "resource str",
    6: "subresource str",
    7: "name str",
  },
  PathAttributes: { 1: "path str", 2: "verb str" },
  SelfSubjectRulesReview: { 1: "metadata Meta", 2: "spec RulesSpec" },
  RulesSpec: { 1: "namespace str" },
  Role: { 1: "metadata Meta", 2: "rules [Rule]" },
  ClusterRole: { 1: "metadata Meta", 2: "rules [Rule]" },
  Rule: {
    1: "verbs [str]",
    2: "apiGroups [str]",
    3: "resources [str]",
    4: "resourceNames [str]",
    5: "nonResourceURLs [str]",
  },
  RoleBinding: { 1: "metadata Meta", 2: "subjects [Subject]", 3: "roleRef RoleRef" },
  ClusterRoleBinding: { 1: "metadata Meta", 2: "subjects [Subject]", 3: "roleRef RoleRef" },
  Subject: { 1: "kind str", 2: "apiGroup str", 3: "name str", 4: "namespace str" },
  RoleRef: { 1: "apiGroup str", 2: "kind str", 3: "name str" },
}

/** The object in the body; refused for a kind that is not listed above. */
export function readProtobuf(body: Buffer): JsonObject {
  if (!body.subarray(0, 4).equals(magic)) throw badRequest("the body is not Kubernetes' protobuf")
  const envelope = fieldsOf(body.subarray(4))
  const type = fieldsOf(bytesIn(envelope, 1))
  const apiVersion = bytesIn(type, 1).toString()
  const kind = bytesIn(type, 2).toString()
  if (messages[kind] === undefined) throw unsupportedMedia(`${protobufType} of ${kind}`)
  return { apiVersion, kind, ...readMessage(bytesIn(envelope, 2), kind) }
}

type Field = { readonly number: number; readonly value: Buffer | bigint }

const bytesIn = (fields: readonly Field[], number: number): Buffer => {
  const found = fields.find((one) => one.number === number)?.value
  return Buffer.isBuffer(found) ? found : Buffer.alloc(0)
}

function fieldsOf(bytes: Buffer): readonly Field[] {
  const fields: Field[] = []
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at]
      if (byte === undefined) break
      at += 1
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    throw badRequest("the protobuf of the body is cut short")
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const number = tag >> 3
    const wire = tag & 7
    if (wire === 0) {
      fields.push({ number, value: varint() })
      continue
    }
    const size = wire === 2 ? Number(varint()) : wire === 1 ? 8 : 4
    if (at + size > bytes.length) throw badRequest("the protobuf of the body is cut short")
    if (wire === 2) fields.push({ number, value: bytes.subarray(at, at + size) })
    at += size
  }
  return fields
}

function readMessage(bytes: Buffer, name: string): JsonObject {
  const known = messages[name] ?? {}
  const read: Record<string, Json> = {}
  const lists: Record<string, Json[]> = {}
  const maps: Record<string, Record<string, Json>> = {}
  for (const { number, value } of fieldsOf(bytes)) {
    const [field, type = ""] = known[number]?.split(" ") ?? []
    if (field === undefined) continue
    if (type.startsWith("[")) (lists[field] ??= []).push(readValue(value, type.slice(1, -1)))
    else if (type.startsWith("<")) {
      const entry = Buffer.isBuffer(value) ? fieldsOf(value) : []
      const map = (maps[field] ??= {})
      map[bytesIn(entry, 1).toString()] = readValue(bytesIn(entry, 2), type.slice(1, -1))
    } else {
      const found = readValue(value, type)
      // An empty text is how protobuf says that there is none.
      if (found !== "") read[field] = found
    }
  }
  return { ...read, ...lists, ...maps }
}

function readValue(value: Buffer | bigint, type: string): Json {
  if (type === "bool") return value === 1n
  if (type === "int") return typeof value === "bigint" ? Number(value) : 0
  const bytes = Buffer.isBuffer(value) ? value : Buffer.alloc(0)
  if (type === "str") return bytes.toString()
  return type === "bytes" ? bytes.toString("base64") : readMessage(bytes, type)
}
