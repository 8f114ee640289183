/** What a person may do about rollouts: approve a version for clusters, and say how it goes on. */
import { randomUUID } from "node:crypto"
import type { z } from "zod"
import { type Command, commanded } from "#core/rollout/commands.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import type { createRolloutBody } from "#wire/rest/rollouts.ts"
import { audit } from "../audit/audit.ts"
import { done, notFound, type Outcome, refused } from "../refusal.ts"
import { notify } from "../store/change.ts"
import {
  findRollout,
  insertRollout,
  keepPassed,
  keepStanding,
  lockRollout,
} from "../store/rollout.ts"
import { entriesOf, insertEntries, reachesBeyond, takeOver } from "../store/rollout-cluster.ts"
import { holdIntent } from "./placing.ts"
import { assemble, refusalOf } from "./rollout-plan.ts"
import type { Actor } from "./actor.ts"
import { tell } from "./tell.ts"

const changed = (sql: Sql): Promise<void> => notify(sql, { kind: "list", resource: "rollouts" })

/** Approves a version. Nothing moves here: that is done step by step, from the database, by whoever is there. */
export async function createRollout(
  database: Database,
  body: z.output<typeof createRolloutBody>,
  actor: Actor,
): Promise<Outcome<string>> {
  return database.transaction(async (sql) => {
    // Who has which cluster is decided by one approval after the other.
    await holdIntent(sql)
    const assembled = await assemble(sql, actor.scope, body, Date.now())
    if (assembled.kind === "refused") return assembled
    const refusal = refusalOf(assembled.value)
    if (refusal !== undefined) return refusal
    const { profile, specVersion, plan, touched } = assembled.value
    const taking = touched.filter(({ verdict }) => verdict === "move" || verdict === "owe")
    const id = randomUUID()
    await takeOver(
      sql,
      taking.map((one) => one.id),
      `taken over by a newer approval, of version ${specVersion}, by ${actor.name}`,
    )
    await insertRollout(sql, {
      id,
      profileId: profile.id,
      specVersion,
      note: body.note,
      actor: actor.name,
      plan,
      takesNew: body.clusterIds === undefined ? actor.scope : undefined,
    })
    await insertEntries(
      sql,
      id,
      taking.map((one) => ({
        cluster: one.id,
        name: one.name,
        namespace: one.namespace,
        satelliteId: one.satelliteId,
        satelliteName: one.satelliteName,
        stage: one.stage,
        strategy: one.strategy,
      })),
    )
    const what =
      taking.length === 1 ? `cluster ${taking[0]?.name ?? ""}` : `${taking.length} clusters`
    await tell(sql, actor, undefined, [
      {
        kind: "rollout.created",
        message: `version ${specVersion} of profile ${profile.name} was approved for ${what}`,
        details: { rollout: id, ...(body.note === "" ? {} : { note: body.note }) },
      },
    ])
    await audit(sql, actor, {
      action: "create",
      resource: "rollout",
      id,
      name: `version ${specVersion} of ${profile.name}`,
      after: {
        profileId: profile.id,
        specVersion,
        note: body.note,
        plan,
        state: "running",
        clusters: taking.map((one) => one.id),
      },
    })
    await changed(sql)
    return done(id)
  })
}

const words: Readonly<Record<Command["kind"], string>> = {
  pause: "was paused",
  resume: "goes on",
  "pass-gate": "was let through the next gate",
  halt: "was halted",
  "roll-back": "shall be rolled back",
  cancel: "was cancelled",
}

/** Pauses, resumes, halts … : what follows from it is done step by step, as everything else of a rollout. */
export async function commandRollout(
  database: Database,
  id: string,
  command: Command,
  actor: Actor,
): Promise<Outcome<string>> {
  return database.transaction(async (sql) => {
    await holdIntent(sql)
    if ((await findRollout(sql, actor.scope, id)) === undefined) return notFound("rollout")
    const rollout = await lockRollout(sql, id, { skip: false })
    if (rollout === undefined) return notFound("rollout")
    if (await reachesBeyond(sql, actor.scope, id))
      return refused(
        403,
        "SCOPE_TOO_NARROW",
        "the rollout is also about clusters that you may not act on",
      )
    const { plan, standing, profileName } = rollout
    const before = { ...standing, entries: await entriesOf(sql, id) }
    const after = commanded(plan, before, command)
    if (after.kind === "refused") return refused(409, after.code, after.why)
    await keepStanding(sql, id, after.progress)
    if (command.kind === "pass-gate") await keepPassed(sql, id, command.stage, actor.name)
    const why = "reason" in command && command.reason !== "" ? `: ${command.reason}` : ""
    await tell(sql, actor, undefined, [
      {
        kind: `rollout.${command.kind}`,
        severity: command.kind === "resume" || command.kind === "pass-gate" ? "info" : "warning",
        message: `the rollout of version ${plan.to} of profile ${profileName} ${words[command.kind]}${why}`,
        details: { rollout: id },
      },
    ])
    await audit(sql, actor, {
      action: command.kind,
      resource: "rollout",
      id,
      name: `version ${plan.to} of ${profileName}`,
      before: { state: before.state },
      after: { state: after.progress.state },
    })
    await changed(sql)
    return done(id)
  })
}
