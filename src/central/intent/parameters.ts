/** What people decide about PostgreSQL's parameters. */
import type { z } from "zod"
import { parameterNames, parameterOf } from "#core/cluster/catalog.ts"
import { ownReason } from "#core/cluster/parameters.ts"
import type { PostgresMajor } from "#core/cluster/spec.ts"
import { orderProblem, type ParameterOrders, usualOrder } from "#core/rollout/impact.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import type { orderParameterBody, ShownParameter } from "#wire/rest/parameters.ts"
import { audit } from "../audit/audit.ts"
import { shownParameter } from "#wire/shown-parameter.ts"
import { done, invalid, notFound, type Outcome, refused } from "../refusal.ts"
import {
  dropParameterOrder,
  type Ordered,
  parameterOrdersKept,
  putParameterOrder,
} from "../store/parameter-order.ts"
import type { Actor } from "./actor.ts"
import { tell } from "./tell.ts"

/** What people decided until now, for the major that is asked for. */
export async function ordersNow(sql: Sql): Promise<(major: PostgresMajor) => ParameterOrders> {
  const kept = Map.groupBy(await parameterOrdersKept(sql), ({ major }) => major)
  return (major) => new Map(kept.get(major)?.map(({ name, order }) => [name, order]))
}

const keptOf = async (sql: Sql, major: PostgresMajor): Promise<ReadonlyMap<string, Ordered>> =>
  new Map(
    (await parameterOrdersKept(sql))
      .filter((one) => one.major === major)
      .map((one) => [one.name, one]),
  )

/** The parameters of a major, and those of extensions that people decided about, by name. */
export async function listParameters(sql: Sql, major: PostgresMajor): Promise<ShownParameter[]> {
  const kept = await keptOf(sql, major)
  const ofExtensions = [...kept.keys()].filter((name) => name.includes("."))
  return [...parameterNames(major), ...ofExtensions]
    .toSorted()
    .map((name) => shownParameter(major, name, kept.get(name)))
}

/** Decides what a change of the parameter asks of clusters of a major, or takes the decision back. */
export async function orderParameter(
  database: Database,
  given: string,
  body: z.output<typeof orderParameterBody>,
  actor: Actor,
): Promise<Outcome<ShownParameter>> {
  const name = given.toLowerCase()
  const { major } = body
  const own = ownReason(name)
  if (own !== undefined)
    return invalid([{ field: "name", problem: `${name} is set by pg-swarm: ${own}` }])
  if (parameterOf(major, name) === undefined && !name.includes("."))
    return notFound(`parameter of PostgreSQL ${major}`)
  const problem = body.order === null ? undefined : orderProblem(major, name, body.order)
  if (problem !== undefined) return invalid([{ field: "order", problem }])
  return database.transaction(async (sql) => {
    const before = (await keptOf(sql, major)).get(name)
    const isDone =
      body.order === null
        ? await dropParameterOrder(sql, { major, name, version: body.version })
        : await putParameterOrder(sql, {
            major,
            name,
            order: body.order,
            note: body.note,
            actor: actor.name,
            version: body.version,
          })
    const now = (await keptOf(sql, major)).get(name)
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
    const order = now?.order ?? `${usualOrder(major, name)}, as the catalog says`
    await tell(sql, actor, undefined, [
      {
        kind: "parameter.ordered",
        message: `a change of ${name} asks of clusters of PostgreSQL ${major}: ${order}`,
      },
    ])
    await audit(sql, actor, {
      action: now === undefined ? "delete" : before === undefined ? "create" : "edit",
      resource: "parameter",
      id: `${major}/${name}`,
      name,
      before,
      after: now,
    })
    return done(shownParameter(major, name, now))
  })
}
