/**
 * A person's word that this member may become primary where the machine does not decide alone. It is kept
 * in memory for some minutes and counts for the vacancy that was there when it was given. It replaces no
 * vote, no pledge and no compare-and-set of the Lease: whoever has more WAL still goes first (S1, S2).
 */
import type { CommandOutcome } from "#core/cluster/sidecar.ts"
import type { Term } from "#core/ids.ts"
import { millis, minutes, seconds } from "#core/units.ts"
import type { Consent } from "#core/failover/observation.ts"
import { leadingTerm, vacancy } from "#core/failover/standing.ts"
import type { Parts } from "./assemble.ts"
import { tell } from "./ports.ts"

export const consentLasts = minutes(5)
/** Afterwards the answer is how it stands; the consent goes on. */
const answeredWithin = seconds(25)

export async function promoteHere(
  parts: Parts,
  {
    acceptLoss,
    term: seenTerm,
  }: { readonly acceptLoss: boolean; readonly term?: Term | undefined },
  signal: AbortSignal,
): Promise<CommandOutcome> {
  const { known, clock, config, observe } = parts
  const refusal = whyNot(parts)
  if (refusal !== undefined) return refusal
  const { lease, now } = observe()
  if (lease.kind !== "read") return failed("NO_LEASE", "the Lease was not read yet")
  // What is missing in another vacancy is not what the person saw.
  if (seenTerm !== undefined && seenTerm !== lease.lease.term)
    return failed(
      "OVERTAKEN",
      `the role changed hands since: the Lease is in term ${lease.lease.term}`,
    )
  const consent: Consent = { term: lease.lease.term, acceptLoss, until: now + consentLasts }
  known.consent = consent
  known.changed()
  tell(parts, {
    kind: "failover.consented",
    severity: "warning",
    message: `a person lets ${config.pod} become primary${acceptLoss ? " and accepts that commits may be lost" : ""}`,
    details: { term: String(consent.term), acceptLoss: String(acceptLoss) },
  })
  const leads = (): boolean => {
    const seen = observe()
    return seen.self !== undefined && leadingTerm(seen, seen.self) !== undefined
  }
  try {
    await clock.until(() => leads() && observe().server.kind === "primary", {
      every: millis(50),
      within: answeredWithin,
      signal,
    })
  } catch {
    const why = parts.board.status.health.reason ?? "unknown"
    return failed(
      "NOT_YET",
      `not primary yet: ${why}; the consent stands for ${consentLasts / 60_000} minutes`,
    )
  }
  return { kind: "done", output: `${config.pod} is primary` }
}

const failed = (code: string, message: string): CommandOutcome => ({
  kind: "failed",
  code,
  message,
})

/** Refused before anything is kept: where somebody leads there is nothing to consent to. */
function whyNot({ observe, known, config }: Parts): CommandOutcome | undefined {
  const seen = observe()
  const { self, lease, server } = seen
  if (self === undefined) return failed("NOT_READY", "the supervisor has not been heard yet")
  if (leadingTerm(seen, self) !== undefined)
    return failed("ALREADY_PRIMARY", `${config.pod} leads already`)
  if (lease.kind !== "read") return failed("NO_LEASE", "the Lease was not read yet")
  const free = vacancy(known.policy, seen.now, lease.lease, lease.since, self)
  if (free.kind === "held")
    return failed(
      "HELD",
      `${free.by.pod} holds the Lease: switch over to ${config.pod}, or wait until it is gone`,
    )
  if (server.kind !== "standby")
    return failed("NOT_STANDBY", `no standby runs on ${config.pod} that could be promoted`)
  return undefined
}
