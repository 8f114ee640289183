/**
 * Certificates of a site: an authority for each purpose, and what it signs. Elliptic curve P-256; keys
 * and certificates as PEM.
 */
import "./reflect-metadata.ts"
import { webcrypto } from "node:crypto"
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
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

/** A certificate for `dnsName`, good for a server and for a client. */
export async function issue(
  authority: Pair,
  dnsName: string,
  now: number,
  days: number,
): Promise<Pair> {
  const issuer = new X509Certificate(authority.certificate)
  const keys = await newKeys()
  const certificate = await X509CertificateGenerator.create(
    {
      serialNumber: serial(),
      subject: `CN=${dnsName}`,
      issuer: issuer.subject,
      notBefore: new Date(now - before),
      // Never longer than its authority lives.
      notAfter: new Date(Math.min(now + days * day, issuer.notAfter.getTime())),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: await keyFromPem(authority.key),
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
        new SubjectAlternativeNameExtension([{ type: "dns", value: dnsName }]),
      ],
    },
    crypto,
  )
  return { certificate: `${certificate.toString("pem")}\n`, key: await keyPem(keys.privateKey) }
}

/** Until when the first certificate of a PEM text is good, in milliseconds since 1970. */
export const goodUntil = (pem: string): number => new X509Certificate(pem).notAfter.getTime()
