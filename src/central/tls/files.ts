/** A certificate and its key, as somebody wrote them to files. */
import { createPrivateKey, X509Certificate } from "node:crypto"
import { createSecureContext } from "node:tls"
import type { Parsed, Problem } from "#core/parsed.ts"

export type ServingPair = {
  /** PEM, with the certificates between it and its authority behind it. */
  readonly certificate: string
  readonly key: string
  readonly until: number
}

/** What can be said before anybody is served with it: the two fit, and OpenSSL takes them. */
export function readPair(certificate: string, key: string): Parsed<ServingPair> {
  const problems: Problem[] = []
  const tried = <T>(field: string, problem: string, read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      problems.push({
        field,
        problem: `${problem}: ${error instanceof Error ? error.message : ""}`,
      })
      return undefined
    }
  }
  const leaf = tried(
    "certificate",
    "is no certificate in PEM",
    () => new X509Certificate(certificate),
  )
  const own = tried("key", "is no private key in PEM without a password", () =>
    createPrivateKey(key),
  )
  if (leaf === undefined || own === undefined) return { kind: "bad", problems }
  if (!leaf.checkPrivateKey(own))
    return {
      kind: "bad",
      problems: [{ field: "key", problem: "is not the key of the certificate" }],
    }
  tried("certificate", "cannot be served", () => createSecureContext({ cert: certificate, key }))
  return problems.length > 0
    ? { kind: "bad", problems }
    : { kind: "ok", value: { certificate, key, until: Date.parse(leaf.validTo) } }
}
