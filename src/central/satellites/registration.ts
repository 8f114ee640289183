/**
 * How a site asks to be let in. Nobody is known here yet: everything is bounded and slowed down by
 * address, and nothing that a stranger sends changes a site that is approved and alive.
 */
import { randomUUID } from "node:crypto"
import { Code, ConnectError, type ConnectRouter, type HandlerContext } from "@connectrpc/connect"
import type { Approval, ApprovalCheck } from "#core/fleet/satellite.ts"
import { satelliteId } from "#core/ids.ts"
import type { Log } from "#io/log.ts"
import type { Database } from "#io/postgres/sql.ts"
import { remoteAddress } from "#io/rpc/server.ts"
import {
  type CheckApprovalRequest,
  type CheckApprovalResponse,
  encodeApproval,
  encodeRegistered,
  parseApprovalCheck,
  parseRegistration,
  type RegisterRequest,
  type RegisterResponse,
  RegistrationService,
} from "#wire/registration.ts"
import { Limit } from "../auth/limit.ts"
import { deriveAuthToken, newRegistrationToken, opens, sha256 } from "../auth/secret.ts"
import { central } from "../intent/actor.ts"
import { tell } from "../intent/tell.ts"
import { notify } from "../store/change.ts"
import { askToBeLetIn, countWaiting } from "../store/satellite.ts"
import { findAsker, keepAuthHash } from "../store/satellite-identity.ts"
import type { Tls } from "../tls/tls.ts"
import { answering, badMessage } from "./rpc-error.ts"
import { certified } from "./certified.ts"

/** Most satellites that may wait for a person; more are turned away until somebody decides. */
const waitingMax = 1000
const registerOfAddress = { burst: 60, perSecond: 1 }
const registerOfAll = { burst: 300, perSecond: 20 }
const checkOfAddress = { burst: 300, perSecond: 50 }

export class Registration {
  readonly #database: Database
  readonly #log: Log
  readonly #tls: Tls | undefined
  readonly #register = new Limit(registerOfAddress)
  readonly #registerAll = new Limit(registerOfAll)
  readonly #check = new Limit(checkOfAddress)

  constructor(database: Database, log: Log, tls: Tls | undefined) {
    this.#database = database
    this.#log = log
    this.#tls = tls
  }

  routes(router: ConnectRouter): void {
    router.service(RegistrationService, {
      register: async (request, context) =>
        answering(this.#log, "Register", async () => this.#registered(request, context)),
      checkApproval: async (request, context) =>
        answering(this.#log, "CheckApproval", async () => this.#checked(request, context)),
    })
  }

  async #registered(request: RegisterRequest, context: HandlerContext): Promise<RegisterResponse> {
    const address = context.values.get(remoteAddress)
    const now = performance.now()
    if (!this.#register.take(address, now) || !this.#registerAll.take("", now))
      throw new ConnectError("too many registrations; try again later", Code.ResourceExhausted)
    const parsed = parseRegistration(request)
    if (parsed.kind === "bad") throw badMessage(parsed.problems)
    if ((await countWaiting(this.#database.sql)) >= waitingMax)
      throw new ConnectError(
        `${waitingMax} satellites wait for approval already; approve or reject some`,
        Code.ResourceExhausted,
      )
    const registrationToken = newRegistrationToken()
    const asked = await this.#database.transaction(async (sql) => {
      const result = await askToBeLetIn(
        sql,
        satelliteId(randomUUID()),
        parsed.value,
        sha256(registrationToken),
      )
      if (result.isNew)
        await tell(sql, central, result.id, [
          {
            kind: "satellite.registered",
            message: `${parsed.value.site} asks to be let in`,
            details: { address, kubernetes: parsed.value.kubernetesVersion },
          },
        ])
      else if (result.approval === "approved")
        await tell(sql, central, result.id, [
          {
            kind: "satellite.registered-again",
            severity: "warning",
            message: `${parsed.value.site} lost its identity and asks to be let in anew`,
            details: { address },
          },
        ])
      await notify(sql, { kind: "satellites", ids: [result.id] })
      return result
    })
    return encodeRegistered({ satelliteId: asked.id, registrationToken })
  }

  async #checked(
    request: CheckApprovalRequest,
    context: HandlerContext,
  ): Promise<CheckApprovalResponse> {
    if (!this.#check.take(context.values.get(remoteAddress), performance.now()))
      throw new ConnectError("too many questions; ask again later", Code.ResourceExhausted)
    const parsed = parseApprovalCheck(request)
    if (parsed.kind === "bad") throw badMessage(parsed.problems)
    return encodeApproval(await this.#approvalOf(parsed.value))
  }

  async #approvalOf(check: ApprovalCheck): Promise<Approval> {
    const identity = await findAsker(this.#database.sql, check.satelliteId)
    // One answer for "no such satellite", "wrong token" and "spent": a stranger learns nothing.
    if (identity === undefined || !opens(identity.registrationHash, check.registrationToken))
      throw new ConnectError(
        "this registration is not known, or was replaced or used: register again",
        Code.Unauthenticated,
      )
    if (identity.approval === "rejected" || identity.registration === "refused")
      return { kind: "rejected" }
    if (identity.registration !== "granted" || identity.authNonce === undefined)
      return { kind: "pending" }
    const authToken = deriveAuthToken(check.registrationToken, identity.authNonce)
    await keepAuthHash(this.#database.sql, identity.id, sha256(authToken))
    return {
      kind: "approved",
      satelliteId: identity.id,
      authToken,
      name: identity.name,
      certificate: await certified(this.#tls, identity.id, check.certificateRequest),
    }
  }
}
