/** The identity provider as central is told of it by its environment. */
import { readFileSync } from "node:fs"
import * as z from "zod"
import { roles } from "#core/access/role.ts"
import type { Problem } from "#core/parsed.ts"
import { labelsSchema } from "#wire/rest/shapes.ts"

const mappingSchema = z
  .array(
    z
      .strictObject({
        claim: z.string().min(1),
        value: z.string().min(1),
        role: z.enum(roles),
        scope: labelsSchema.default({}),
      })
      .refine(({ role, scope }) => role !== "admin" || Object.keys(scope).length === 0, {
        message: "an admin has no scope",
      }),
  )
  .min(1)

export const providerVariables = {
  PG_SWARM_PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
  PG_SWARM_OIDC_ISSUER: z.url({ protocol: /^https?$/ }).optional(),
  PG_SWARM_OIDC_CLIENT_ID: z.string().min(1).optional(),
  PG_SWARM_OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  PG_SWARM_OIDC_CLIENT_SECRET_FILE: z.string().optional(),
  PG_SWARM_OIDC_NAME: z.string().min(1).max(50).default("single sign-on"),
  PG_SWARM_OIDC_SCOPES: z.string().default("openid profile email"),
  PG_SWARM_OIDC_ROLES: z.string().optional(),
}
const variables = z.object(providerVariables)

export type ProviderConfig = {
  readonly issuer: URL
  readonly clientId: string
  readonly clientSecret: string | undefined
  /** What people know it by. */
  readonly name: string
  readonly scopes: string
  readonly redirectUri: string
  /** From claim to role and scope; the first line that fits holds, and nobody else is let in. */
  readonly roles: z.output<typeof mappingSchema>
  /** Plain HTTP, which is for a provider on this machine only. */
  readonly isInsecure: boolean
}

export const callbackPath = "/api/v1/sign-in/provider/callback"

const loopback = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/

/** Undefined where no provider is named. What is wrong is added to `problems`. */
export function readProvider(
  given: z.output<typeof variables>,
  problems: Problem[],
): ProviderConfig | undefined {
  const { PG_SWARM_OIDC_ISSUER: issuer, PG_SWARM_PUBLIC_URL: own } = given
  if (issuer === undefined) return undefined
  const url = new URL(issuer)
  const isInsecure = url.protocol === "http:"
  if (isInsecure && !loopback.test(url.hostname))
    problems.push({ field: "PG_SWARM_OIDC_ISSUER", problem: "must be https" })
  if (own === undefined)
    problems.push({
      field: "PG_SWARM_PUBLIC_URL",
      problem:
        "set it to the address of this central in browsers: the provider sends them back there",
    })
  if (given.PG_SWARM_OIDC_CLIENT_ID === undefined)
    problems.push({ field: "PG_SWARM_OIDC_CLIENT_ID", problem: "is missing" })
  const mapping = mappingOf(given.PG_SWARM_OIDC_ROLES, problems)
  const clientSecret =
    given.PG_SWARM_OIDC_CLIENT_SECRET ?? secretIn(given.PG_SWARM_OIDC_CLIENT_SECRET_FILE, problems)
  return {
    issuer: url,
    clientId: given.PG_SWARM_OIDC_CLIENT_ID ?? "",
    clientSecret,
    name: given.PG_SWARM_OIDC_NAME,
    scopes: given.PG_SWARM_OIDC_SCOPES,
    redirectUri: new URL(callbackPath, own ?? "http://localhost").href,
    roles: mapping,
    isInsecure,
  }
}

function mappingOf(text: string | undefined, problems: Problem[]): ProviderConfig["roles"] {
  const field = "PG_SWARM_OIDC_ROLES"
  const wanted =
    'a JSON list such as [{"claim": "groups", "value": "dba", "role": "operator", "scope": {"region": "north"}}]'
  try {
    const parsed = mappingSchema.safeParse(JSON.parse(text ?? ""))
    if (parsed.success) return parsed.data
    problems.push({ field, problem: `${parsed.error.issues[0]?.message}; expected ${wanted}` })
  } catch {
    problems.push({ field, problem: `expected ${wanted}` })
  }
  return []
}

function secretIn(path: string | undefined, problems: Problem[]): string | undefined {
  if (path === undefined) return undefined
  try {
    return readFileSync(path, "utf8").trim()
  } catch (error) {
    problems.push({
      field: "PG_SWARM_OIDC_CLIENT_SECRET_FILE",
      problem: `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`,
    })
    return undefined
  }
}
