/** Configuration from the environment: read once by a program's main, all mistakes told at once. */
import * as z from "zod"
import type { Parsed } from "#core/parsed.ts"
import { logLevels } from "#io/log.ts"

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads the variables that `schema` names. An empty variable counts as absent, as Kubernetes manifests write it. */
export function readConfig<Schema extends z.ZodObject>(
  schema: Schema,
  environment: Environment,
): Parsed<z.output<Schema>> {
  const given = Object.fromEntries(
    Object.keys(schema.shape)
      .map((name) => [name, environment[name]] as const)
      .filter(([, value]) => value !== undefined && value !== ""),
  )
  const result = schema.safeParse(given)
  if (result.success) return { kind: "ok", value: result.data }
  return {
    kind: "bad",
    problems: result.error.issues.map((issue) => ({
      field: issue.path.map(String).join("."),
      problem: given[String(issue.path[0])] === undefined ? "is missing; set it" : issue.message,
    })),
  }
}

/** One line for each mistake, for standard error before leaving with status 2. */
export const configProblems = (
  problems: readonly { readonly field: string; readonly problem: string }[],
): string => problems.map(({ field, problem }) => `${field}: ${problem}`).join("\n")

export type HostPort = { readonly host: string; readonly port: number }

/** `host:port`, with IPv6 addresses in brackets; port 0 asks the system for a free one. */
export const hostPort = z.string().transform((text, context): HostPort => {
  const found = /^(?:\[([0-9A-Fa-f:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text)
  const port = Number(found?.[3])
  if (found === null || port > 65_535) {
    context.addIssue({ code: "custom", message: "expected host:port, e.g. 0.0.0.0:8080" })
    return z.NEVER
  }
  return { host: found[1] ?? found[2] ?? "", port }
})

export const formatHostPort = ({ host, port }: HostPort): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`

export const logLevel = z.enum(logLevels)
