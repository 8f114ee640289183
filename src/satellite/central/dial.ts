/** The line to central: whom we trust to be central, and what we show. Read anew for each attempt. */
import { readFileSync } from "node:fs"
import { tlsTrouble } from "#core/fleet/tls-trouble.ts"
import { Outage } from "#io/outage.ts"
import { type RpcClient, openRpcClient } from "#io/rpc/client.ts"
import { satelliteMessageMax } from "#wire/satellite.ts"
import type { CentralAddress } from "../config.ts"
import type { Approved } from "./identity.ts"

export const isTls = ({ url }: CentralAddress): boolean => url.startsWith("https:")

/** Throws an `Outage` where the file of the authority cannot be read. */
export function dialCentral(central: CentralAddress, identity: Approved | undefined): RpcClient {
  const given = authorityOf(central)
  return openRpcClient({
    url: central.url,
    // What central told of its next authorities counts beside what was given, never instead of the system's.
    authority: given === undefined ? undefined : `${given}\n${identity?.authorities ?? ""}`,
    ...(central.name === undefined ? {} : { serverName: central.name }),
    ...(identity?.client === undefined ? {} : { identity: identity.client }),
    messageBytesMax: satelliteMessageMax,
  })
}

function authorityOf({ ca }: CentralAddress): string | undefined {
  if (ca?.kind !== "file") return ca?.pem
  try {
    return readFileSync(ca.path, "utf8")
  } catch (cause) {
    throw new Outage(
      "CENTRAL_CA_UNREADABLE",
      `cannot read ${ca.path}, which PG_SWARM_CENTRAL_CA names`,
      {
        cause,
      },
    )
  }
}

/** Why central could not be reached, in words that say what to mend. */
export function reasonOf(failure: unknown, central: CentralAddress): string {
  const trust = {
    authority:
      central.ca === undefined
        ? "an authority that this system trusts"
        : central.ca.kind === "file"
          ? `the authority in ${central.ca.path}`
          : "the authority in PG_SWARM_CENTRAL_CA",
    name: central.name ?? new URL(central.url).hostname,
  }
  for (const code of codesOf(failure)) {
    const trouble = tlsTrouble(code, trust)
    if (trouble !== undefined) return trouble
  }
  return failure instanceof Error ? failure.message : String(failure)
}

/** Codes of a failure and of what caused it. */
function codesOf(failure: unknown): readonly string[] {
  const codes: string[] = []
  for (let at = failure, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth += 1)
    if ("code" in at && typeof at.code === "string") codes.push(at.code)
  return codes
}
