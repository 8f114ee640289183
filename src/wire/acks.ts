/** A satellite's answers to what central wants of a cluster: taken over, refused, under way, gone. */
import { create } from "@bufbuild/protobuf"
import type { AckOutcome, FromSatellite } from "#core/fleet/satellite.ts"
import { clusterId, configVersion } from "#core/ids.ts"
import type { Parsed } from "#core/parsed.ts"
import {
  AppliedSchema,
  type ConfigAck,
  type DeleteAck,
  DeleteAckSchema,
  RefusedSchema,
  WaitingSchema,
} from "./gen/pgswarm/v1/satellite_pb.ts"
import { Reader } from "./proto-field.ts"

type DeletionAck = Extract<FromSatellite, { readonly kind: "delete-ack" }>

export const encodeDeleteAck = ({
  clusterId: id,
  gone,
  detail = "",
  refused,
}: DeletionAck): DeleteAck =>
  create(DeleteAckSchema, {
    clusterId: id,
    gone,
    detail,
    ...(refused === undefined
      ? {}
      : { refused: { version: BigInt(refused.version ?? 0), why: refused.why } }),
  })

export function parseDeleteAck({
  clusterId: id,
  gone,
  detail,
  refused,
}: DeleteAck): Parsed<FromSatellite> {
  const read = new Reader()
  return read.done({
    kind: "delete-ack",
    clusterId: clusterId(read.uuid("delete_ack.cluster_id", id)),
    gone,
    detail: detail === "" ? undefined : read.short("delete_ack.detail", detail, 2000),
    refused:
      refused === undefined
        ? undefined
        : {
            version:
              refused.version === 0n
                ? undefined
                : configVersion(read.count("delete_ack.refused.version", refused.version, 1)),
            why: read.short("delete_ack.refused.why", refused.why, 2000),
          },
  })
}

export function encodedOutcome(outcome: AckOutcome): ConfigAck["outcome"] {
  switch (outcome.kind) {
    case "applied":
      return { case: "applied", value: create(AppliedSchema) }
    case "refused":
      return {
        case: "refused",
        value: create(RefusedSchema, {
          problems: outcome.problems.map((problem) => ({ ...problem })),
        }),
      }
    case "waiting":
      return { case: "waiting", value: create(WaitingSchema, { reason: outcome.reason }) }
  }
}

export function parseConfigAck(ack: ConfigAck): Parsed<FromSatellite> {
  const read = new Reader()
  const outcome = parseOutcome(read, ack)
  return read.done({
    kind: "config-ack",
    clusterId: clusterId(read.uuid("config_ack.cluster_id", ack.clusterId)),
    version: configVersion(read.count("config_ack.version", ack.version, 1)),
    outcome,
  })
}

function parseOutcome(read: Reader, { outcome }: ConfigAck): AckOutcome {
  switch (outcome.case) {
    case "applied":
      return { kind: "applied" }
    case "refused":
      return {
        kind: "refused",
        problems: read
          .list("config_ack.refused.problems", outcome.value.problems, 100)
          .map(({ field, problem }) => ({
            field: read.short("config_ack.refused.problems.field", field, 500),
            problem: read.short("config_ack.refused.problems.problem", problem, 2000),
          })),
      }
    case "waiting":
      return {
        kind: "waiting",
        reason: read.short("config_ack.waiting.reason", outcome.value.reason, 2000),
      }
    case undefined:
      read.note("config_ack.outcome", "must be set")
      return { kind: "waiting", reason: "" }
  }
}
