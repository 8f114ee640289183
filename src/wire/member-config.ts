/** `MemberConfig` to protobuf and back. */
import { create } from "@bufbuild/protobuf"
import type { MemberConfig, ParameterMove } from "#core/cluster/member-config.ts"
import {
  type MemberConfig as Wire,
  MemberConfigSchema,
  ParameterMove as WireMove,
} from "./gen/pgswarm/v1/sidecar_pb.ts"
import type { Reader } from "./proto-field.ts"

const moveToWire: Readonly<Record<ParameterMove, WireMove>> = {
  up: WireMove.UP,
  down: WireMove.DOWN,
  other: WireMove.OTHER,
}

const namesMax = 500
const nameMax = 200
const problemMax = 500

export const encodeMemberConfig = (config: MemberConfig): Wire =>
  create(MemberConfigSchema, {
    print: config.print,
    pending: config.pending.slice(0, namesMax).map(({ name, moves }) => ({
      name: name.slice(0, nameMax),
      moves: moveToWire[moves],
    })),
    held: config.held.slice(0, namesMax),
    refused: config.refused.slice(0, namesMax).map(({ name, problem }) => ({
      name: name.slice(0, nameMax),
      problem: problem.slice(0, problemMax),
    })),
    startedAtMs: BigInt(Math.trunc(config.startedAt)),
    ...(config.refusedPrint === undefined ? {} : { refusedPrint: config.refusedPrint }),
  })

export function readMemberConfig(read: Reader, path: string, message: Wire): MemberConfig {
  const at = (field: string): string => `${path}.${field}`
  return {
    print: read.text(at("print"), message.print, 64),
    pending: read.list(at("pending"), message.pending, namesMax).map(({ name, moves }) => ({
      name: read.text(at("pending.name"), name, nameMax),
      moves: read.word(at("pending.moves"), moves, moveToWire, "other"),
    })),
    held: read
      .list(at("held"), message.held, namesMax)
      .map((name) => read.text(at("held"), name, nameMax)),
    refused: read.list(at("refused"), message.refused, namesMax).map(({ name, problem }) => ({
      name: read.text(at("refused.name"), name, nameMax),
      problem: read.short(at("refused.problem"), problem, problemMax),
    })),
    refusedPrint:
      message.refusedPrint === undefined
        ? undefined
        : read.text(at("refused_print"), message.refusedPrint, 64),
    startedAt: read.count(at("started_at_ms"), message.startedAtMs, 1),
  }
}
