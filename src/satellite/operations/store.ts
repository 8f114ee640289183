/**
 * The operations of the site, kept at the site: one ConfigMap for each in the satellite's own namespace,
 * from before anything is asked of a sidecar until central has the result. So a satellite that restarts
 * begins none of them a second time.
 */
import * as z from "zod"
import { assert } from "#core/assert.ts"
import { clusterId, type OperationId, operationId, podName, term } from "#core/ids.ts"
import { label, managedBy } from "#core/names.ts"
import {
  askedKinds,
  operationStates,
  operationSteps,
  type OperationWish,
  stepStates,
} from "#core/switchover/operation.ts"
import { isRecord, type KubeApi, type Live } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import type { Log } from "#io/log.ts"
import { fieldManager } from "../site/names.ts"
import type { KeptOperation } from "./work.ts"

const partOf = "pg-swarm.io/part"
const part = "operation"
const key = "operation.json"

const time = z.number().optional()
const schema = z.object({
  operation: z.uuid(),
  clusterId: z.uuid(),
  /** A satellite before the other kinds kept switchovers only. */
  kind: z.enum(askedKinds).default("switchover"),
  to: z.string().optional(),
  reason: z.string().optional(),
  acceptLoss: z.boolean().optional(),
  from: z.string().min(1),
  term: z.number().int().min(1),
  report: z.object({
    revision: z.number().int().min(1),
    state: z.enum(operationStates).exclude(["pending"]),
    steps: z.array(
      z.object({
        name: z.enum(operationSteps),
        state: z.enum(stepStates),
        startedAt: time,
        endedAt: time,
        detail: z.string(),
      }),
    ),
    target: z.string().optional(),
    error: z.string().optional(),
    pointOfNoReturnAt: time,
    startedAt: time,
    endedAt: time,
  }),
})

const objectName = (id: OperationId): string => `pg-swarm-operation-${id}`

export class OperationStore {
  readonly #api: KubeApi
  readonly #namespace: string
  readonly #log: Log

  constructor(api: KubeApi, inNamespace: string, log: Log) {
    this.#api = api
    this.#namespace = inNamespace
    this.#log = log
  }

  /** All that was kept. What cannot be read is told and left alone, for a newer satellite or a person. */
  async load(signal: AbortSignal): Promise<readonly KeptOperation[]> {
    const labels = `${label.managedBy}=${managedBy},${partOf}=${part}`
    const { items } = await this.#api.list(kinds.ConfigMap, this.#namespace, { labels }, signal)
    return items.flatMap((item) => this.#read(item) ?? [])
  }

  #read(item: Live): KeptOperation | undefined {
    const data = isRecord(item["data"]) ? item["data"] : {}
    try {
      const text = data[key]
      return kept(schema.parse(JSON.parse(typeof text === "string" ? text : "")))
    } catch (failure) {
      this.#log.error("operation.unreadable", { object: item.metadata.name, failure })
      return undefined
    }
  }

  /** Safe to repeat: the same state is the same object. */
  async save({ order, from, term: inTerm, report }: KeptOperation, signal: AbortSignal) {
    const { operation: _, ...told } = report
    const content = { ...order, from, term: inTerm, report: told }
    const { operation } = order
    await this.#api.apply(
      kinds.ConfigMap,
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: {
          name: objectName(operation),
          namespace: this.#namespace,
          labels: { [label.managedBy]: managedBy, [partOf]: part },
        },
        data: { [key]: JSON.stringify(content) },
      },
      fieldManager,
      signal,
    )
  }

  async forget(id: OperationId, signal: AbortSignal): Promise<void> {
    const found = await this.#api.get(kinds.ConfigMap, this.#namespace, objectName(id), signal)
    if (found !== undefined) await this.#api.delete(kinds.ConfigMap, found, "Background", signal)
  }
}

function kept(read: z.output<typeof schema>): KeptOperation {
  const { report } = read
  const operation = operationId(read.operation)
  return {
    order: {
      operation,
      clusterId: clusterId(read.clusterId),
      ...wishOf(read),
    },
    from: podName(read.from),
    term: term(read.term),
    report: {
      operation,
      revision: report.revision,
      state: report.state,
      steps: report.steps.map((step) => ({
        name: step.name,
        state: step.state,
        startedAt: step.startedAt,
        endedAt: step.endedAt,
        detail: step.detail,
      })),
      target: report.target === undefined ? undefined : podName(report.target),
      error: report.error,
      pointOfNoReturnAt: report.pointOfNoReturnAt,
      startedAt: report.startedAt,
      endedAt: report.endedAt,
    },
  }
}

function wishOf({ kind, to, reason, acceptLoss }: z.output<typeof schema>): OperationWish {
  switch (kind) {
    case "switchover":
      return { kind, to: to === undefined ? undefined : podName(to) }
    case "fence":
      return { kind, reason: reason ?? "" }
    case "unfence":
      return { kind }
    case "promote":
      assert(to !== undefined, "a promotion names its member")
      return { kind, to: podName(to), acceptLoss: acceptLoss === true }
  }
}
