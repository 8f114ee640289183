/**
 * Which npm packages each program may contain. The sidecar runs in every database pod of the fleet, so
 * what it carries is memory times thousands; a package that creeps in through another one is found here
 * and not on the bill. A program's list is edited on purpose or not at all.
 */
import type { Metafile } from "esbuild"

export const programs = [
  "central",
  // A thread that central starts, beside central.js.
  "log-sandbox",
  "satellite",
  // Read beside satellite.js when it is given a kubeconfig; never beside a service account.
  "kubeconfig-reader",
  "failover",
  "microkube",
] as const
export type Program = (typeof programs)[number]

const rpc = ["@bufbuild/protobuf", "@connectrpc/connect", "@connectrpc/connect-node", "zod"]
const postgres = [
  "pg",
  "pg-cloudflare",
  "pg-connection-string",
  "pg-int8",
  "pg-pool",
  "pg-protocol",
  "pg-types",
  "pgpass",
  "postgres-array",
  "postgres-bytea",
  "postgres-date",
  "postgres-interval",
  "split2",
  "xtend",
]
const log = [
  "pino",
  "pino-std-serializers",
  "sonic-boom",
  "@pinojs/redact",
  "atomic-sleep",
  "on-exit-leak-free",
  "quick-format-unescaped",
  "real-require",
  "safe-stable-stringify",
  "thread-stream",
]

/** Makes and reads certificates: the satellite is the authority of its site's clusters. */
const certificates = [
  "@peculiar/*",
  "asn1js",
  "pvtsutils",
  "pvutils",
  "reflect-metadata",
  "tslib",
  "tsyringe",
]

/** `true`: the program never runs in numbers, so whatever its packages bring is fine. */
export const allowed: Readonly<Record<Program, readonly string[] | true>> = {
  central: true,
  "log-sandbox": ["re2js"],
  microkube: true,
  satellite: [
    ...rpc,
    "re2js",
    ...log,
    ...certificates,
    "prom-client",
    "tdigest",
    "bintrees",
    "@opentelemetry/api",
  ],
  "kubeconfig-reader": true,
  failover: [...rpc, ...postgres, ...log, "re2js"],
}

export function packagesIn(metafile: Metafile): readonly string[] {
  const found = new Set<string>()
  for (const output of Object.values(metafile.outputs)) {
    for (const [input, { bytesInOutput }] of Object.entries(output.inputs)) {
      const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1]
      if (name !== undefined && bytesInOutput > 0) found.add(name)
    }
  }
  return [...found].toSorted()
}

/** `@scope/*` stands for every package of the scope. */
const covers = (listed: string, name: string): boolean =>
  listed === name || (listed.endsWith("/*") && name.startsWith(listed.slice(0, -1)))

/** One sentence for each package that has no business in the program. */
export function unwelcome(program: Program, metafile: Metafile): readonly string[] {
  const welcome = allowed[program]
  return packagesIn(metafile)
    .filter((name) => welcome !== true && !welcome.some((one) => covers(one, name)))
    .map(
      (name) => `dist/${program}.js contains ${name}, which scripts/bundle-allow.ts does not list`,
    )
}
