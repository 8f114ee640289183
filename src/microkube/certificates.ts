/** The site's own certificate authority and the API server's certificate, made at the first start. */
import { X509Certificate, generateKeyPairSync } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { makeCertificate } from "./x509.ts"

export type Certificates = {
  readonly ca: string
  readonly certificate: string
  readonly key: string
}

const yearMs = 365 * 24 * 3600 * 1000

/** Those in `dir`, or new ones for the address. */
export function certificatesIn(dir: string, address: string, now: number): Certificates {
  const file = (name: string): string => join(dir, name)
  const names = ["ca.crt", "api.crt", "api.key"] as const
  if (names.every((name) => existsSync(file(name)))) {
    const [ca, certificate, key] = names.map((name) => readFileSync(file(name), "utf8"))
    const known = new X509Certificate(certificate ?? "")
    if (known.checkIP(address) !== undefined && Date.parse(known.validTo) > now + yearMs) {
      return { ca: ca ?? "", certificate: certificate ?? "", key: key ?? "" }
    }
  }
  const made = makeCertificates(address, now)
  writeFileSync(file("ca.crt"), made.ca, { mode: 0o644 })
  writeFileSync(file("api.crt"), made.certificate, { mode: 0o644 })
  writeFileSync(file("api.key"), made.key, { mode: 0o600 })
  return made
}

function makeCertificates(address: string, now: number): Certificates {
  const curve = { namedCurve: "P-256" }
  const authority = generateKeyPairSync("ec", curve)
  const server = generateKeyPairSync("ec", curve)
  const validity = { from: now - 24 * 3600 * 1000, to: now + 10 * yearMs }
  const common = { issuer: "microkube-ca", signer: authority.privateKey, validity }
  return {
    ca: makeCertificate({
      ...common,
      serial: 1,
      subject: "microkube-ca",
      subjectKey: authority.publicKey,
      role: { kind: "authority" },
    }),
    certificate: makeCertificate({
      ...common,
      serial: 2,
      subject: "microkube",
      subjectKey: server.publicKey,
      role: {
        kind: "server",
        addresses: [address, "127.0.0.1"],
        names: ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"],
      },
    }),
    key: String(server.privateKey.export({ type: "pkcs8", format: "pem" })),
  }
}
