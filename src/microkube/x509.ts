/** X.509 certificates with ECDSA P-256 keys, just what a certificate authority of one server needs. */
import { type KeyObject, createHash, sign } from "node:crypto"

export type Role =
  | { readonly kind: "authority" }
  | {
      readonly kind: "server"
      readonly addresses: readonly string[]
      readonly names: readonly string[]
    }

export type CertificateRequest = {
  readonly serial: number
  readonly subject: string
  readonly subjectKey: KeyObject
  readonly issuer: string
  readonly signer: KeyObject
  /** Milliseconds since the epoch. */
  readonly validity: { readonly from: number; readonly to: number }
  readonly role: Role
}

/** The certificate as PEM. */
export function makeCertificate(request: CertificateRequest): string {
  const algorithm = sequence(objectId("1.2.840.10045.4.3.2"))
  const body = sequence(
    tagged(0xa0, integer(2)),
    integer(request.serial),
    algorithm,
    name(request.issuer),
    sequence(time(request.validity.from), time(request.validity.to)),
    name(request.subject),
    request.subjectKey.export({ type: "spki", format: "der" }),
    tagged(0xa3, sequence(...extensions(request))),
  )
  const signature = sign("sha256", body, request.signer)
  const text = sequence(body, algorithm, bits(signature)).toString("base64")
  const lines = text.match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`
}

function tagged(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const size = content.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

const sequence = (...items: readonly Buffer[]): Buffer => tagged(0x30, ...items)
const integer = (value: number): Buffer => tagged(0x02, Buffer.from([value]))
const octets = (content: Buffer): Buffer => tagged(0x04, content)
const bits = (content: Buffer, unused = 0): Buffer =>
  tagged(0x03, Buffer.concat([Buffer.from([unused]), content]))
const yes = Buffer.from([0x01, 0x01, 0xff])

function objectId(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number)
  const bytes = [first * 40 + second]
  for (const part of rest) {
    const group = [part & 0x7f]
    for (let left = part >> 7; left > 0; left >>= 7) group.unshift((left & 0x7f) | 0x80)
    bytes.push(...group)
  }
  return tagged(0x06, Buffer.from(bytes))
}

const name = (common: string): Buffer =>
  sequence(tagged(0x31, sequence(objectId("2.5.4.3"), tagged(0x0c, Buffer.from(common)))))

/** GeneralizedTime, which the years after 2049 need and the others may have. */
function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+Z/g, "")
  const isEarly = Number(digits.slice(0, 4)) < 2050
  return isEarly
    ? tagged(0x17, Buffer.from(`${digits.slice(2)}Z`))
    : tagged(0x18, Buffer.from(`${digits}Z`))
}

function extensions({ role, subjectKey }: CertificateRequest): readonly Buffer[] {
  if (role.kind === "authority") {
    const key = subjectKey.export({ type: "spki", format: "der" })
    const identifier = createHash("sha1").update(key).digest()
    return [
      sequence(objectId("2.5.29.19"), yes, octets(sequence(yes))),
      sequence(objectId("2.5.29.15"), yes, octets(bits(Buffer.from([0x06]), 1))),
      sequence(objectId("2.5.29.14"), octets(octets(identifier))),
    ]
  }
  const alternatives = [
    ...role.names.map((one) => tagged(0x82, Buffer.from(one))),
    ...role.addresses.map((one) => tagged(0x87, Buffer.from(one.split(".").map(Number)))),
  ]
  return [
    sequence(objectId("2.5.29.17"), octets(sequence(...alternatives))),
    sequence(objectId("2.5.29.37"), octets(sequence(objectId("1.3.6.1.5.5.7.3.1")))),
  ]
}
