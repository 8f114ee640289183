/** How central's two ports are protected, as its environment says it. */
import { readFileSync } from "node:fs"
import { hostname } from "node:os"
import * as z from "zod"
import type { Problem } from "#core/parsed.ts"
import { centralServerName } from "#core/names.ts"
import { readPair } from "./files.ts"

export type TlsConfig =
  /** Asked for in so many words: on a loopback address, or behind something that speaks TLS. */
  | { readonly kind: "plain" }
  | {
      readonly kind: "files"
      readonly certificate: string
      readonly key: string
      /** Of the authority that signed it, to be shown to whoever sets up a satellite. */
      readonly authority: string | undefined
      readonly clients: ClientCertificates
    }
  /** A certificate of central's own authority. */
  | {
      readonly kind: "private"
      readonly names: readonly string[]
      readonly clients: ClientCertificates
    }

/** Whether satellites must show a certificate that central signed, besides their token. */
export type ClientCertificates = "optional" | "required"

const serverNames = z.string().transform((text, context): readonly string[] => {
  const names = text.split(",").map((name) => name.trim())
  if (names.length <= 50 && names.every((name) => /^[A-Za-z0-9*][A-Za-z0-9.:-]{0,252}$/.test(name)))
    return names
  const message = "expected DNS names and addresses, separated by commas, at most 50"
  context.addIssue({ code: "custom", message })
  return z.NEVER
})

export const tlsVariables = {
  PG_SWARM_TLS: z.enum(["private", "files", "off"]).optional(),
  PG_SWARM_TLS_CERT: z.string().optional(),
  PG_SWARM_TLS_KEY: z.string().optional(),
  PG_SWARM_TLS_CA: z.string().optional(),
  PG_SWARM_TLS_NAMES: serverNames.optional(),
  PG_SWARM_CLIENT_CERTIFICATES: z.enum(["optional", "required"]).default("optional"),
} as const

type Given = z.output<z.ZodObject<typeof tlsVariables>>

/** Reads and checks the files that it names, too; all problems at once. */
export function readTls(given: Given, canSeal: boolean, problems: Problem[]): TlsConfig {
  const { PG_SWARM_TLS_CERT: certificate, PG_SWARM_TLS_KEY: key } = given
  const kind =
    given.PG_SWARM_TLS ?? (certificate === undefined && key === undefined ? "private" : "files")
  const clients = given.PG_SWARM_CLIENT_CERTIFICATES
  const note = (field: string, problem: string): void => void problems.push({ field, problem })
  if (kind !== "files")
    for (const name of ["PG_SWARM_TLS_CERT", "PG_SWARM_TLS_KEY", "PG_SWARM_TLS_CA"] as const)
      if (given[name] !== undefined) note(name, `has no meaning with PG_SWARM_TLS=${kind}`)
  if (kind !== "private" && given.PG_SWARM_TLS_NAMES !== undefined)
    note("PG_SWARM_TLS_NAMES", `has no meaning with PG_SWARM_TLS=${kind}`)
  switch (kind) {
    case "off":
      if (clients === "required")
        note("PG_SWARM_CLIENT_CERTIFICATES", "cannot be required with PG_SWARM_TLS=off")
      return { kind: "plain" }
    case "private":
      if (!canSeal) note("PG_SWARM_TLS", `${needsKeys}, or a certificate of your own, or say off`)
      return { kind, clients, names: withUsualNames(given.PG_SWARM_TLS_NAMES ?? []) }
    case "files":
      if (certificate === undefined || key === undefined) {
        note(
          "PG_SWARM_TLS_CERT",
          "PG_SWARM_TLS_CERT and PG_SWARM_TLS_KEY belong together; set both or none",
        )
        readable("PG_SWARM_TLS_CERT", certificate, note)
        readable("PG_SWARM_TLS_KEY", key, note)
        return { kind: "plain" }
      }
      checkFiles(given, certificate, key, note)
      if (clients === "required" && !canSeal) note("PG_SWARM_CLIENT_CERTIFICATES", needsKeys)
      return { kind, certificate, key, authority: given.PG_SWARM_TLS_CA, clients }
  }
}

const needsKeys =
  "the key of central's own authority is kept in the database, sealed: set PG_SWARM_SECRET_KEYS"

type Note = (field: string, problem: string) => void

function checkFiles(given: Given, certificate: string, key: string, note: Note): void {
  const texts = {
    certificate: readable("PG_SWARM_TLS_CERT", certificate, note),
    key: readable("PG_SWARM_TLS_KEY", key, note),
  }
  readable("PG_SWARM_TLS_CA", given.PG_SWARM_TLS_CA, note)
  if (texts.certificate === undefined || texts.key === undefined) return
  const read = readPair(texts.certificate, texts.key)
  if (read.kind === "bad")
    for (const { field, problem } of read.problems)
      note(field === "key" ? "PG_SWARM_TLS_KEY" : "PG_SWARM_TLS_CERT", problem)
}

function readable(field: string, path: string | undefined, note: Note): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    note(field, `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

/** A name that is the same in every fleet, and those by which central is reached without any setting. */
const withUsualNames = (given: readonly string[]): readonly string[] => [
  ...new Set([...given, hostname(), centralServerName, "localhost", "127.0.0.1", "::1"]),
]
