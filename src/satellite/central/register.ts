/**
 * Becoming known to central: asks once, then waits until a person approves. A rejected satellite says so
 * and goes on asking rarely, because a rejection can be a mistake that is mended in central.
 */
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { backoff } from "#core/backoff.ts"
import type { Approval, Registration } from "#core/fleet/satellite.ts"
import type { Parsed } from "#core/parsed.ts"
import { type Millis, minutes, seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import { isStop } from "#io/together.ts"
import {
  RegistrationService,
  encodeApprovalCheck,
  encodeRegistration,
  parseApproval,
  parseRegistered,
} from "#wire/registration.ts"
import { newRequest } from "#io/certificates/authority.ts"
import type { RpcClient } from "#io/rpc/client.ts"
import { isTls, reasonOf } from "./dial.ts"
import type { CentralAddress } from "../config.ts"
import type { Approved, IdentityStore } from "./identity.ts"

export type RegistrationOptions = {
  readonly central: CentralAddress
  /** A line to central for one question. */
  readonly dial: () => RpcClient
  readonly identities: IdentityStore
  readonly registration: Registration
  /** Why there is no identity yet. */
  readonly trouble: (why: string) => void
  readonly clock: Clock
  readonly log: Log
  /** For tests: how often central is asked while pending, and while rejected. */
  readonly pace?: { readonly pending: Millis; readonly rejected: Millis }
}

const usualPace = { pending: seconds(5), rejected: minutes(5) }
const answerWithin = seconds(15)
const bounds = { first: seconds(1), longest: seconds(30) }

/** Resolves with the identity, however long approval takes. */
export async function approvedIdentity(
  options: RegistrationOptions,
  signal: AbortSignal,
): Promise<Approved> {
  const { identities, clock, log } = options
  for (let failures = 0; ;) {
    try {
      const identity = await step(options, signal)
      failures = 0
      if (identity !== undefined) return identity
    } catch (failure) {
      if (isStop(failure, signal)) throw failure
      const refused = failure instanceof ConnectError && isForgotten(failure)
      if (refused) await identities.clear(signal)
      const pause = backoff(failures, Math.random(), bounds)
      failures += 1
      const why = reasonOf(failure, options.central)
      options.trouble(why)
      log.warn(refused ? "registration.forgotten" : "registration.failed", {
        why,
        againInMs: Math.round(pause),
      })
      await clock.sleep(pause, signal)
    }
  }
}

/** Central does not know our registration (any more): it was removed, or is another central. */
const isForgotten = (failure: ConnectError): boolean =>
  failure.code === Code.Unauthenticated || failure.code === Code.NotFound

/** One step further; undefined when there is more to do. */
async function step(
  options: RegistrationOptions,
  signal: AbortSignal,
): Promise<Approved | undefined> {
  const { central, identities, registration, clock, log } = options
  const pace = options.pace ?? usualPace
  const identity = await identities.load(signal)
  using line = options.dial()
  const client = createClient(RegistrationService, line.transport)
  const call = { signal, timeoutMs: answerWithin }
  switch (identity.kind) {
    case "approved":
      return identity
    case "none": {
      const answer = await client.register(encodeRegistration(registration), call)
      const registered = orOutage(parseRegistered(answer))
      await identities.save({ kind: "registered", ...registered }, signal)
      log.event("registration.sent", {
        satellite: registered.satelliteId,
        site: registration.site,
        next: "an admin approves it in central",
      })
      return undefined
    }
    case "registered": {
      const { satelliteId, registrationToken } = identity
      const own = isTls(central) ? await newRequest(satelliteId) : undefined
      const check = encodeApprovalCheck({
        satelliteId,
        registrationToken,
        certificateRequest: own?.request,
      })
      const answer = await client.checkApproval(check, call)
      const approval = orOutage(parseApproval(answer, satelliteId))
      switch (approval.kind) {
        case "approved": {
          const approved = identityOf(approval, own?.key)
          await identities.save(approved, signal)
          log.event("registration.approved", {
            satellite: approved.satelliteId,
            name: approval.name,
            certificate: approved.client !== undefined,
          })
          return approved
        }
        case "pending":
          options.trouble("it waits for approval in central")
          log.debug("registration.pending", { satellite: satelliteId })
          await clock.sleep(pace.pending, signal)
          return undefined
        case "rejected":
          options.trouble("it was rejected in central; it asks again now and then")
          log.error("registration.rejected", {
            satellite: satelliteId,
            next: "approve it in central, or stop this satellite; asked again rarely",
            againInMs: pace.rejected,
          })
          await clock.sleep(pace.rejected, signal)
          return undefined
      }
    }
  }
}

/** `key`: the one that the certificate was asked for. */
function identityOf(
  approval: Extract<Approval, { readonly kind: "approved" }>,
  key: string | undefined,
): Approved {
  const { certificate: issued, satelliteId, authToken } = approval
  const certificate = issued?.certificate
  return {
    kind: "approved",
    satelliteId,
    authToken,
    nextToken: undefined,
    client: certificate === undefined || key === undefined ? undefined : { certificate, key },
    authorities: issued?.authorities,
  }
}

function orOutage<T>(parsed: Parsed<T>): T {
  if (parsed.kind === "ok") return parsed.value
  const why = parsed.problems.map(({ field, problem }) => `${field}: ${problem}`).join("; ")
  throw new Outage("CENTRAL_UNREADABLE", `central's answer cannot be read: ${why}`)
}
