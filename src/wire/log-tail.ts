/** Following a log, on the stream between a satellite and central: protobuf to `core/logs` and back. */
import { create } from "@bufbuild/protobuf"
import { clusterId, podName, tailId } from "#core/ids.ts"
import {
  type LineLevel,
  type TailBatch,
  tailBounds,
  type TailContainer,
  type TailEnd,
  type TailLine,
  type TailOrder,
  type TailSource,
  type TailStanding,
} from "#core/logs/tail.ts"
import type { Parsed } from "#core/parsed.ts"
import {
  LineLevel as WireLevel,
  type LogLine,
  LogLineSchema,
  type LogTailBatch,
  LogTailBatchSchema,
  MemberLogSchema,
  SatelliteLogSchema,
  type StartLogTail,
  StartLogTailSchema,
  TailContainer as WireContainer,
  TailEnd as WireEnd,
  TailEndedSchema,
  TailFollowingSchema,
  TailWaitingSchema,
} from "./gen/pgswarm/v1/satellite_pb.ts"
import { Reader } from "./proto-field.ts"

const levels = {
  debug: WireLevel.DEBUG,
  info: WireLevel.INFO,
  warn: WireLevel.WARN,
  error: WireLevel.ERROR,
} as const satisfies Record<LineLevel, WireLevel>

const containers = {
  failover: WireContainer.FAILOVER,
  postgres: WireContainer.POSTGRES,
} as const satisfies Record<TailContainer, WireContainer>

const ends = {
  stopped: WireEnd.STOPPED,
  "time-is-up": WireEnd.TIME_IS_UP,
  "too-many": WireEnd.TOO_MANY,
  gone: WireEnd.GONE,
  forbidden: WireEnd.FORBIDDEN,
  failed: WireEnd.FAILED,
} as const satisfies Record<TailEnd, WireEnd>

const whyMax = 500
const podMax = 63

export const encodeTailOrder = ({
  tail,
  source,
  lines,
  filter: { level, text },
  seconds,
}: TailOrder): StartLogTail =>
  create(StartLogTailSchema, {
    tailId: tail,
    source: encodedSource(source),
    lines,
    seconds,
    ...(level === undefined ? {} : { level: levels[level] }),
    ...(text === undefined ? {} : { text }),
  })

const encodedSource = (source: TailSource): StartLogTail["source"] =>
  source.kind === "satellite"
    ? { case: "satellite", value: create(SatelliteLogSchema) }
    : {
        case: "member",
        value: create(MemberLogSchema, {
          clusterId: source.clusterId,
          pod: source.pod,
          container: containers[source.container],
        }),
      }

export function parseTailOrder(order: StartLogTail): Parsed<TailOrder> {
  const read = new Reader()
  return read.done({
    tail: tailId(read.uuid("start_log_tail.tail_id", order.tailId)),
    source: sourceOf(read, order),
    lines: Math.min(read.count("start_log_tail.lines", order.lines), tailBounds.startLinesMax),
    filter: {
      level:
        order.level === undefined
          ? undefined
          : read.word("start_log_tail.level", order.level, levels, "debug"),
      text:
        order.text === undefined
          ? undefined
          : read.text("start_log_tail.text", order.text, tailBounds.filterTextMax),
    },
    seconds: Math.min(
      read.count("start_log_tail.seconds", order.seconds, 1),
      tailBounds.secondsMax,
    ),
  })
}

function sourceOf(read: Reader, { source }: StartLogTail): TailSource {
  switch (source.case) {
    case "satellite":
      return { kind: "satellite" }
    case "member":
      return {
        kind: "member",
        clusterId: clusterId(read.uuid("start_log_tail.member.cluster_id", source.value.clusterId)),
        pod: podName(read.text("start_log_tail.member.pod", source.value.pod, podMax)),
        container: read.word(
          "start_log_tail.member.container",
          source.value.container,
          containers,
          "postgres",
        ),
      }
    case undefined:
      read.note("start_log_tail.source", "must be one that this version knows")
      return { kind: "satellite" }
  }
}

export const encodeTailBatch = (batch: TailBatch): LogTailBatch =>
  create(LogTailBatchSchema, {
    tailId: batch.tail,
    sequence: BigInt(batch.sequence),
    dropped: BigInt(batch.dropped),
    lines: batch.lines.map(encodedLine),
    standing: encodedStanding(batch.standing),
  })

const encodedLine = ({ at, level, text, isCut }: TailLine): LogLine =>
  create(LogLineSchema, {
    level: levels[level],
    text,
    cut: isCut,
    ...(at === undefined ? {} : { atMs: BigInt(Math.trunc(at)) }),
  })

function encodedStanding(standing: TailStanding): LogTailBatch["standing"] {
  switch (standing.kind) {
    case "following":
      return { case: "following", value: create(TailFollowingSchema) }
    case "waiting":
      return { case: "waiting", value: create(TailWaitingSchema, { why: standing.why }) }
    case "ended":
      return {
        case: "ended",
        value: create(TailEndedSchema, { end: ends[standing.end], why: standing.why }),
      }
  }
}

export function parseTailBatch(batch: LogTailBatch): Parsed<TailBatch> {
  const read = new Reader()
  return read.done({
    tail: tailId(read.uuid("log_tail_batch.tail_id", batch.tailId)),
    sequence: read.count("log_tail_batch.sequence", batch.sequence, 1),
    dropped: read.count("log_tail_batch.dropped", batch.dropped),
    lines: read
      .list("log_tail_batch.lines", batch.lines, tailBounds.batchLines)
      .map((line) => lineOf(read, line)),
    standing: standingOf(read, batch),
  })
}

const lineOf = (read: Reader, { atMs, level, text, cut }: LogLine): TailLine => ({
  at: atMs === undefined ? undefined : read.count("log_tail_batch.lines.at_ms", atMs),
  level: read.word("log_tail_batch.lines.level", level, levels, "info"),
  text: read.short("log_tail_batch.lines.text", text, tailBounds.lineMax),
  isCut: cut,
})

function standingOf(read: Reader, { standing }: LogTailBatch): TailStanding {
  switch (standing.case) {
    case "following":
      return { kind: "following" }
    case "waiting":
      return {
        kind: "waiting",
        why: read.short("log_tail_batch.waiting.why", standing.value.why, whyMax),
      }
    case "ended":
      return {
        kind: "ended",
        end: read.word("log_tail_batch.ended.end", standing.value.end, ends, "failed"),
        why: read.short("log_tail_batch.ended.why", standing.value.why, whyMax),
      }
    case undefined:
      read.note("log_tail_batch.standing", "must be set")
      return { kind: "following" }
  }
}
