/** What central is told by its environment. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as z from "zod"
import { cidrProblem } from "#core/cluster/cidr.ts"
import type { Parsed, Problem } from "#core/parsed.ts"
import { port } from "#core/names.ts"
import { type Environment, type HostPort, hostPort, logLevel, readConfig } from "#io/config.ts"
import type { LogLevel } from "#io/log.ts"
import { readKeys, type SecretKey } from "./secrets/keys.ts"
import { type ProviderConfig, providerVariables, readProvider } from "./auth/provider-config.ts"
import { auditDaysDefault } from "./satellites/sweeper.ts"
import { readTls, type TlsConfig, tlsVariables } from "./tls/config.ts"

/** Everybody is no proxy: whoever could say where a request is from could be anybody. */
const everybody = new Set(["0.0.0.0/0", "::/0"])

const proxies = z.string().transform((text, context): readonly string[] => {
  const ranges = text.split(",").map((range) => range.trim())
  for (const range of ranges) {
    const message = everybody.has(range)
      ? `${range} is everybody: name the addresses of the proxies themselves`
      : cidrProblem(range)
    if (message !== undefined) context.addIssue({ code: "custom", message })
  }
  return ranges
})

const schema = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "expected postgresql://user:password@host:port/database")
    .refine(
      (url) => URL.canParse(url) && !new URL(url).pathname.includes("@"),
      "no URL: write @ : / ? # % of a user or password as %40 %3A %2F %3F %23 %25, or give the password in PGPASSWORD",
    )
    .optional(),
  PG_SWARM_DATA_DIR: z.string().startsWith("/", "expected an absolute path").optional(),
  PG_SWARM_POSTGRES_BIN: z.string().startsWith("/", "expected an absolute path").optional(),
  PG_SWARM_REST_LISTEN: hostPort.prefault(`0.0.0.0:${port.centralRest}`),
  PG_SWARM_GRPC_LISTEN: hostPort.prefault(`0.0.0.0:${port.centralGrpc}`),
  PG_SWARM_ADMIN_USER: z.string().min(1).max(100).default("admin"),
  PG_SWARM_ADMIN_PASSWORD: z
    .string()
    .min(8, "at least 8 characters")
    .max(1000, "at most 1000 characters")
    .optional(),
  PG_SWARM_DASHBOARD_DIR: z.string().startsWith("/", "expected an absolute path").optional(),
  PG_SWARM_SECRET_KEYS: z.string().optional(),
  PG_SWARM_SECRET_KEYS_FILE: z.string().startsWith("/", "expected an absolute path").optional(),
  PG_SWARM_TRUSTED_PROXIES: proxies.optional(),
  PG_SWARM_AUDIT_DAYS: z.coerce
    .number("expected a number of days")
    .int("expected a whole number of days")
    .min(1, "expected 1 day or more")
    .max(36_500, "expected at most 36500 days")
    .default(auditDaysDefault),
  ...tlsVariables,
  ...providerVariables,
  PG_SWARM_LOG_LEVEL: logLevel.default("info"),
})

export type DatabaseConfig =
  | { readonly kind: "given"; readonly url: string }
  | { readonly kind: "private"; readonly folder: string; readonly binaries: string | undefined }

/** Where the keys of stored secrets come from (`secrets/keys.ts`). */
export type SecretKeysConfig =
  | { readonly kind: "given"; readonly keys: readonly SecretKey[] }
  /** Beside central's own database: made there on the first start. */
  | { readonly kind: "own"; readonly file: string }
  /** Whoever gave the database keeps the keys apart from it: none is made up. */
  | { readonly kind: "none" }

export type CentralConfig = {
  readonly database: DatabaseConfig
  readonly secretKeys: SecretKeysConfig
  readonly rest: HostPort
  readonly grpc: HostPort
  readonly adminUser: string
  readonly adminPassword: string | undefined
  readonly dashboardDir: string | undefined
  readonly tls: TlsConfig
  /** Ranges of addresses of the reverse proxies in front of the REST port. */
  readonly trustedProxies: readonly string[]
  /** So long an entry of the audit is kept. */
  readonly auditDays: number
  /** Undefined where people sign in with passwords only. */
  readonly provider: ProviderConfig | undefined
  /** Where central writes the authorities of its certificate; undefined where it has no folder. */
  readonly bundleFile: string | undefined
  readonly logLevel: LogLevel
}

/** Reads and checks everything, files named in it included; all problems at once. */
export function readCentralConfig(environment: Environment): Parsed<CentralConfig> {
  const read = readConfig(schema, environment)
  if (read.kind === "bad") return read
  const given = read.value
  const problems: Problem[] = []
  if (given.DATABASE_URL === undefined && given.PG_SWARM_DATA_DIR === undefined)
    problems.push({
      field: "DATABASE_URL",
      problem: "set it, or set PG_SWARM_DATA_DIR for a PostgreSQL of central's own",
    })
  const secretKeys = secretKeysOf(given, problems)
  const tls = readTls(given, secretKeys.kind !== "none", problems)
  const provider = readProvider(given, problems)
  if (problems.length > 0) return { kind: "bad", problems }
  return {
    kind: "ok",
    value: {
      database:
        given.DATABASE_URL === undefined
          ? {
              kind: "private",
              folder: `${given.PG_SWARM_DATA_DIR ?? ""}/postgres`,
              binaries: given.PG_SWARM_POSTGRES_BIN,
            }
          : { kind: "given", url: given.DATABASE_URL },
      secretKeys,
      rest: given.PG_SWARM_REST_LISTEN,
      grpc: given.PG_SWARM_GRPC_LISTEN,
      adminUser: given.PG_SWARM_ADMIN_USER,
      adminPassword: given.PG_SWARM_ADMIN_PASSWORD,
      dashboardDir: given.PG_SWARM_DASHBOARD_DIR,
      trustedProxies: given.PG_SWARM_TRUSTED_PROXIES ?? [],
      auditDays: given.PG_SWARM_AUDIT_DAYS,
      tls,
      provider,
      bundleFile:
        given.PG_SWARM_DATA_DIR === undefined ? undefined : join(given.PG_SWARM_DATA_DIR, "ca.crt"),
      logLevel: given.PG_SWARM_LOG_LEVEL,
    },
  }
}

function secretKeysOf(given: z.output<typeof schema>, problems: Problem[]): SecretKeysConfig {
  const { PG_SWARM_SECRET_KEYS: text, PG_SWARM_SECRET_KEYS_FILE: path } = given
  if (text !== undefined && path !== undefined)
    problems.push({
      field: "PG_SWARM_SECRET_KEYS",
      problem: "is given twice, here and in PG_SWARM_SECRET_KEYS_FILE; leave one out",
    })
  const field = path === undefined ? "PG_SWARM_SECRET_KEYS" : "PG_SWARM_SECRET_KEYS_FILE"
  const said = text ?? file(field, path, problems)
  if (said !== undefined) {
    const read = readKeys(field, said)
    if (read.kind === "ok") return { kind: "given", keys: read.value }
    problems.push(...read.problems)
    return { kind: "none" }
  }
  return given.DATABASE_URL === undefined
    ? { kind: "own", file: `${given.PG_SWARM_DATA_DIR ?? ""}/secret-keys` }
    : { kind: "none" }
}

function file(field: string, path: string | undefined, problems: Problem[]): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, "utf8")
  } catch (error) {
    problems.push({
      field,
      problem: `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    })
    return undefined
  }
}
