/** `ConfigChange` to protobuf and back. */
import { create } from "@bufbuild/protobuf"
import { configVersion, podName } from "#core/ids.ts"
import type {
  ChangeAction,
  ChangeState,
  ChangeStep,
  ConfigChange,
  StepState,
} from "#core/rollout/change.ts"
import { stepsMax } from "#core/rollout/change.ts"
import type { Strategy } from "#core/rollout/impact.ts"
import {
  ChangeAction as WireAction,
  ChangeState as WireState,
  type ChangeStep as WireStep,
  ChangeStepSchema,
  ChangeStrategy as WireStrategy,
  type ConfigChange as Wire,
  ConfigChangeSchema,
  StepState as WireStepState,
} from "./gen/pgswarm/v1/health_pb.ts"
import type { Reader } from "./proto-field.ts"

const stateToWire: Readonly<Record<ChangeState, WireState>> = {
  applying: WireState.APPLYING,
  done: WireState.DONE,
  blocked: WireState.BLOCKED,
  failed: WireState.FAILED,
}
const strategyToWire: Readonly<Record<Strategy, WireStrategy>> = {
  none: WireStrategy.NONE,
  reload: WireStrategy.RELOAD,
  grow: WireStrategy.GROW,
  scale: WireStrategy.SCALE,
  restart: WireStrategy.RESTART,
  "sequential-restart": WireStrategy.SEQUENTIAL_RESTART,
  "full-restart": WireStrategy.FULL_RESTART,
  immutable: WireStrategy.IMMUTABLE,
}
const actionToWire: Readonly<Record<ChangeAction, WireAction>> = {
  reload: WireAction.RELOAD,
  restart: WireAction.RESTART,
  replace: WireAction.REPLACE,
  "hand-over": WireAction.HAND_OVER,
  join: WireAction.JOIN,
  leave: WireAction.LEAVE,
  grow: WireAction.GROW,
}
const stepStateToWire: Readonly<Record<StepState, WireStepState>> = {
  waiting: WireStepState.WAITING,
  running: WireStepState.RUNNING,
  done: WireStepState.DONE,
  failed: WireStepState.FAILED,
}

const reasonMax = 2000
const pendingMax = 500

const instant = (at: number): bigint => BigInt(Math.trunc(at))

export const encodeConfigChange = (change: ConfigChange): Wire =>
  create(ConfigChangeSchema, {
    version: BigInt(change.version),
    state: stateToWire[change.state],
    strategy: strategyToWire[change.strategy],
    steps: change.steps.slice(-stepsMax).map(encodeStep),
    pendingRestart: change.pendingRestart.slice(0, pendingMax),
    startedAtMs: instant(change.startedAt),
    ...(change.reason === undefined ? {} : { reason: change.reason.slice(0, reasonMax) }),
    ...(change.endedAt === undefined ? {} : { endedAtMs: instant(change.endedAt) }),
  })

const encodeStep = ({ pod, action, state, detail, at }: ChangeStep): WireStep =>
  create(ChangeStepSchema, {
    pod,
    action: actionToWire[action],
    state: stepStateToWire[state],
    atMs: instant(at),
    ...(detail === undefined ? {} : { detail: detail.slice(0, reasonMax) }),
  })

export function readConfigChange(read: Reader, path: string, message: Wire): ConfigChange {
  const at = (field: string): string => `${path}.${field}`
  return {
    version: configVersion(read.count(at("version"), message.version, 1)),
    state: read.word(at("state"), message.state, stateToWire, "applying"),
    strategy: read.word(at("strategy"), message.strategy, strategyToWire, "none"),
    steps: read
      .list(at("steps"), message.steps, stepsMax)
      .map((step, index) => readStep(read, at(`steps[${index}]`), step)),
    reason:
      message.reason === undefined
        ? undefined
        : read.short(at("reason"), message.reason, reasonMax),
    pendingRestart: read
      .list(at("pending_restart"), message.pendingRestart, pendingMax)
      .map((name) => read.text(at("pending_restart"), name, 200)),
    startedAt: read.count(at("started_at_ms"), message.startedAtMs, 1),
    endedAt:
      message.endedAtMs === undefined
        ? undefined
        : read.count(at("ended_at_ms"), message.endedAtMs, 1),
  }
}

const readStep = (read: Reader, path: string, step: WireStep): ChangeStep => ({
  pod: podName(read.text(`${path}.pod`, step.pod, 63)),
  action: read.word(`${path}.action`, step.action, actionToWire, "reload"),
  state: read.word(`${path}.state`, step.state, stepStateToWire, "waiting"),
  detail:
    step.detail === undefined ? undefined : read.short(`${path}.detail`, step.detail, reasonMax),
  at: read.count(`${path}.at_ms`, step.atMs, 1),
})
