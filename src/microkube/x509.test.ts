import assert from "node:assert/strict"
import { X509Certificate, generateKeyPairSync } from "node:crypto"
import { test } from "node:test"
import { makeCertificate } from "./x509.ts"

test("a server's certificate is trusted by its authority, for its addresses and names alone", () => {
  const [authority, server] = [0, 1].map(() => generateKeyPairSync("ec", { namedCurve: "P-256" }))
  assert.ok(authority !== undefined && server !== undefined)
  const validity = { from: Date.UTC(2024, 0, 1), to: Date.UTC(2051, 0, 1) }
  const common = { issuer: "ca", signer: authority.privateKey, validity }
  const ca = new X509Certificate(
    makeCertificate({
      ...common,
      serial: 1,
      subject: "ca",
      subjectKey: authority.publicKey,
      role: { kind: "authority" },
    }),
  )
  const leaf = new X509Certificate(
    makeCertificate({
      ...common,
      serial: 2,
      subject: "api",
      subjectKey: server.publicKey,
      role: { kind: "server", addresses: ["127.20.0.1"], names: ["localhost"] },
    }),
  )
  assert.ok(leaf.verify(ca.publicKey))
  assert.ok(leaf.checkIssued(ca))
  assert.ok(ca.ca)
  assert.ok(!leaf.ca)
  assert.equal(leaf.checkIP("127.20.0.1"), "127.20.0.1")
  assert.equal(leaf.checkIP("127.20.0.2"), undefined)
  assert.equal(leaf.checkHost("localhost"), "localhost")
  assert.equal(Date.parse(leaf.validTo), validity.to)
})
