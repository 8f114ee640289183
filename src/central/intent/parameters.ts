/** What people decide about PostgreSQL's parameters. */
import type { z } from "zod"
import { parameterNames, parameterOf } from "#core/cluster/catalog.ts"
import { ownReason } from "#core/cluster/parameters.ts"
import { type PostgresMajor, postgresMajors } from "#core/cluster/spec.ts"
import { orderProblem, type ParameterOrders, usualOrder } from "#core/rollout/impact.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import type { orderParameterBody, ShownParameter } from "#wire/rest/parameters.ts"
import { audit } from "../audit/audit.ts"
import { shownParameter } from "#wire/shown-parameter.ts"
import { done, invalid, notFound, type Outcome, refused } from "../refusal.ts"
import {
  dropParameterOrder,
  parameterOrdersKept,
  putParameterOrder,
} from "../store/parameter-order.ts"
import type { Actor } from "./actor.ts"
import { tell } from "./tell.ts"

export const ordersNow = async (sql: Sql): Promise<ParameterOrders> =>
  new Map([...(await parameterOrdersKept(sql))].map(([name, { order }]) => [name, order]))

/** The parameters of a major, and those of extensions that people decided about, by name. */
export async function listParameters(sql: Sql, major: PostgresMajor): Promise<ShownParameter[]> {
  const kept = await parameterOrdersKept(sql)
  const ofExtensions = [...kept.keys()].filter((name) => name.includes("."))
  return [...parameterNames(major), ...ofExtensions]
    .toSorted()
    .map((name) => shownParameter(major, name, kept.get(name)))
}

/** Decides what a change of the parameter asks of clusters, or takes the decision back. */
export async function orderParameter(
  database: Database,
  given: string,
  body: z.output<typeof orderParameterBody>,
  actor: Actor,
): Promise<Outcome<ShownParameter>> {
  const name = given.toLowerCase()
  const major = postgresMajors.findLast((one) => parameterOf(one, name) !== undefined)
  const own = ownReason(name)
  if (own !== undefined)
    return invalid([{ field: "name", problem: `${name} is set by pg-swarm: ${own}` }])
  if (major === undefined && !name.includes(".")) return notFound("parameter")
  const problem = body.order === null ? undefined : orderProblem(name, body.order)
  if (problem !== undefined) return invalid([{ field: "order", problem }])
  return database.transaction(async (sql) => {
    const before = (await parameterOrdersKept(sql)).get(name)
    const isDone =
      body.order === null
        ? await dropParameterOrder(sql, name, body.version)
        : await putParameterOrder(sql, {
            name,
            order: body.order,
            note: body.note,
            actor: actor.name,
            version: body.version,
          })
    const now = (await parameterOrdersKept(sql)).get(name)
    if (!isDone)
      return refused(
        409,
        "VERSION_CONFLICT",
        `the order was changed meanwhile (version ${body.version} was sent, ${now?.version ?? 0} is current): read it again and repeat the change`,
        [
          { field: "version", problem: `is ${now?.version ?? 0} now` },
          { field: "order", problem: `is ${now?.order ?? "as the catalog says"} now` },
        ],
      )
    const newest = major ?? postgresMajors[postgresMajors.length - 1] ?? 17
    const order = now?.order ?? `${usualOrder(newest, name)}, as the catalog says`
    await tell(sql, actor, undefined, [
      { kind: "parameter.ordered", message: `a change of ${name} asks of clusters: ${order}` },
    ])
    await audit(sql, actor, {
      action: now === undefined ? "delete" : before === undefined ? "create" : "edit",
      resource: "parameter",
      id: name,
      name,
      before,
      after: now,
    })
    return done(shownParameter(newest, name, now))
  })
}
