/**
 * Certificates of a site: an authority for each purpose, and what it signs. Elliptic curve P-256; keys
 * and certificates as PEM.
 */
import "./reflect-metadata.ts"
import { webcrypto } from "node:crypto"
import { isIP } from "node:net"
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type JsonGeneralName,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509"

export type Pair = { readonly certificate: string; readonly key: string }

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const
const day = 86_400_000
/** A certificate is good from a day before: clocks of sites differ. */
const before = day
const crypto = webcrypto

const serial = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("hex")

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ["sign", "verify"])
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  return `${PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`
}

async function keyFromPem(pem: string): Promise<webcrypto.CryptoKey> {
  const [der] = PemConverter.decode(pem)
  if (der === undefined) throw new Error("no private key in the PEM text")
  return crypto.subtle.importKey("pkcs8", der, algorithm, false, ["sign"])
}

/** A new authority; it signs certificates of members or of the satellite, never another authority. */
export async function newAuthority(name: string, now: number, days: number): Promise<Pair> {
  const keys = await newKeys()
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serial(),
      name: `CN=${name}`,
      notBefore: new Date(now - before),
      notAfter: new Date(now + days * day),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    },
    crypto,
  )
  return { certificate: `${certificate.toString("pem")}\n`, key: await keyPem(keys.privateKey) }
}

/** A certificate for `names`, good for a server and for a client. Names that are addresses are written as such. */
export async function issue(
  authority: Pair,
  names: string | readonly string[],
  now: number,
  days: number,
): Promise<Pair> {
  const all = typeof names === "string" ? [names] : names
  const keys = await newKeys()
  const certificate = await signed(authority, now, days, {
    commonName: all[0] ?? "",
    names: all.map((value) => ({ type: isIP(value) === 0 ? "dns" : "ip", value })),
    uses: [ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth],
    publicKey: keys.publicKey,
  })
  return { certificate, key: await keyPem(keys.privateKey) }
}

/** A new key and the request to have it signed: the key stays with whoever asks. */
export async function newRequest(
  commonName: string,
): Promise<{ readonly request: string; readonly key: string }> {
  const keys = await newKeys()
  const name = `CN=${commonName}`
  const request = await Pkcs10CertificateRequestGenerator.create(
    { name, keys, signingAlgorithm: algorithm },
    crypto,
  )
  return { request: `${request.toString("pem")}\n`, key: await keyPem(keys.privateKey) }
}

/**
 * Signs the key of a request for a client that is known by `uri`; what the request says of itself is ignored.
 * Undefined where `request` is none, or was not made by who has the key.
 */
export async function certifyClient(
  authority: Pair,
  request: string,
  client: { readonly commonName: string; readonly uri: string },
  now: number,
  days: number,
): Promise<string | undefined> {
  const publicKey = await requestedKey(request)
  return (
    publicKey &&
    signed(authority, now, days, {
      commonName: client.commonName,
      names: [{ type: "url", value: client.uri }],
      uses: [ExtendedKeyUsage.clientAuth],
      publicKey,
    })
  )
}

async function requestedKey(pem: string): Promise<webcrypto.CryptoKey | undefined> {
  try {
    const request = new Pkcs10CertificateRequest(pem)
    if (!(await request.verify(crypto))) return undefined
    // Only keys like our own: a weak one is refused here.
    return await request.publicKey.export(algorithm, ["verify"], crypto)
  } catch {
    return undefined
  }
}

type Subject = {
  readonly commonName: string
  readonly names: readonly JsonGeneralName[]
  readonly uses: readonly ExtendedKeyUsage[]
  readonly publicKey: webcrypto.CryptoKey
}

async function signed(
  authority: Pair,
  now: number,
  days: number,
  { commonName, names, uses, publicKey }: Subject,
): Promise<string> {
  const issuer = new X509Certificate(authority.certificate)
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: serial(),
      subject: `CN=${commonName}`,
      issuer: issuer.subject,
      notBefore: new Date(now - before),
      // Never longer than its authority lives.
      notAfter: new Date(Math.min(now + days * day, issuer.notAfter.getTime())),
      signingAlgorithm: algorithm,
      publicKey,
      signingKey: await keyFromPem(authority.key),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([...uses]),
        new SubjectAlternativeNameExtension([...names]),
      ],
    },
    crypto,
  )
  return `${certificate.toString("pem")}\n`
}

/** Until when the first certificate of a PEM text is good, in milliseconds since 1970. */
export const goodUntil = (pem: string): number => new X509Certificate(pem).notAfter.getTime()

/** From when on, likewise; our own certificates begin a day before they were made. */
export const goodFrom = (pem: string): number => new X509Certificate(pem).notBefore.getTime()
