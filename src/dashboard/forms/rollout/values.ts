/** The plan of a rollout while it is made, and what is wrong with it by the schema that central checks with. */
import type { OnHalt, WhenUnhealthy } from "#core/rollout/plan.ts"
import { createRolloutBody } from "#wire/rest/rollouts.ts"
import type { Sent } from "#wire/rest/routes.ts"
import { type LabelRow, readLabels } from "../label-rows.ts"

export type RolloutBody = Sent<"createRollout">["body"]

export type StageValues = {
  readonly name: string
  readonly takes: "percent" | "selector" | "rest"
  readonly percent: string
  readonly labels: readonly LabelRow[]
  readonly gate: boolean
  /** Empty: as the rollout says. */
  readonly maxParallel: string
  readonly bakeMinutes: string
}

export type RolloutValues = {
  readonly specVersion: number
  readonly chosen: "all" | "some"
  readonly clusterIds: readonly string[]
  readonly how: "together" | "staged"
  readonly stages: readonly StageValues[]
  readonly maxParallel: string
  readonly bakeMinutes: string
  readonly haltAfter: string
  readonly onHalt: OnHalt
  readonly whenUnhealthy: WhenUnhealthy
  readonly ignoreFreeze: boolean
  readonly changeWithinMinutes: string
  readonly unhealthyForMinutes: string
  readonly note: string
}

export const freshStage = (more: Partial<StageValues> = {}): StageValues => ({
  name: "",
  takes: "percent",
  percent: "25",
  labels: [{ key: "", value: "" }],
  gate: false,
  maxParallel: "",
  bakeMinutes: "",
  ...more,
})

export const freshRollout = (
  specVersion: number,
  clusterId: string | undefined,
): RolloutValues => ({
  specVersion,
  chosen: clusterId === undefined ? "all" : "some",
  clusterIds: clusterId === undefined ? [] : [clusterId],
  how: "together",
  stages: [
    freshStage({ name: "canary", percent: "5" }),
    freshStage({ name: "the rest", takes: "rest", gate: true }),
  ],
  maxParallel: "5",
  bakeMinutes: "1",
  haltAfter: "1",
  onHalt: "stay",
  whenUnhealthy: "wait",
  ignoreFreeze: false,
  changeWithinMinutes: "60",
  unhealthyForMinutes: "5",
  note: "",
})

export type ReadRollout =
  | { readonly kind: "ok"; readonly body: RolloutBody }
  /** By field, e.g. `maxParallel` or `stages.1.labels`. */
  | { readonly kind: "bad"; readonly problems: ReadonlyMap<string, string> }

export function readRollout(values: RolloutValues, profileId: string): ReadRollout {
  const isStaged = values.how === "staged"
  const problems = new Map<string, string>()
  if (values.chosen === "some" && values.clusterIds.length === 0)
    problems.set("clusterIds", "Choose at least one cluster")
  if (isStaged)
    for (const [at, stage] of values.stages.entries())
      if (stage.takes === "selector" && readLabels(stage.labels).kind === "bad")
        problems.set(`stages.${at}.labels`, "These labels are not complete")
  const parsed = createRolloutBody.safeParse({
    profileId,
    specVersion: values.specVersion,
    ...(values.chosen === "some" ? { clusterIds: values.clusterIds } : {}),
    ...(isStaged ? { stages: values.stages.map(stageBody) } : {}),
    maxParallel: numberOf(values.maxParallel),
    bakeSeconds: secondsOf(values.bakeMinutes),
    haltAfter: numberOf(values.haltAfter),
    onHalt: values.onHalt,
    whenUnhealthy: values.whenUnhealthy,
    ignoreFreeze: values.ignoreFreeze,
    changeWithinSeconds: secondsOf(values.changeWithinMinutes),
    unhealthyForSeconds: secondsOf(values.unhealthyForMinutes),
    note: values.note.trim(),
  })
  for (const { path, message } of parsed.error?.issues ?? []) {
    const field = fieldOf(path.map(String).join("."))
    if (!problems.has(field)) problems.set(field, wording(message))
  }
  if (problems.size > 0 || !parsed.success) return { kind: "bad", problems }
  return { kind: "ok", body: parsed.data }
}

function stageBody(stage: StageValues) {
  const labels = readLabels(stage.labels)
  const share =
    stage.takes === "percent"
      ? { kind: "percent", percent: numberOf(stage.percent) }
      : stage.takes === "selector"
        ? { kind: "selector", labels: labels.kind === "ok" ? labels.labels : {} }
        : { kind: "rest" }
  return {
    name: stage.name.trim(),
    share,
    gate: stage.gate,
    ...(stage.maxParallel.trim() === "" ? {} : { maxParallel: numberOf(stage.maxParallel) }),
    ...(stage.bakeMinutes.trim() === "" ? {} : { bakeSeconds: secondsOf(stage.bakeMinutes) }),
  }
}

const renamed: Readonly<Record<string, string>> = {
  bakeSeconds: "bakeMinutes",
  changeWithinSeconds: "changeWithinMinutes",
  unhealthyForSeconds: "unhealthyForMinutes",
}

/** The rollout's own fields and those of its stages are named alike. */
const fieldOf = (path: string): string =>
  path.replace(".share", "").replace(/\w+$/, (last) => renamed[last] ?? last)

const wording = (message: string): string =>
  message.includes("NaN")
    ? "Enter a number"
    : message.includes(">=1 characters")
      ? "Give it a name"
      : message.replace(/^(Invalid input|Too (big|small)): /, "")

const numberOf = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text))
const secondsOf = (minutes: string): number => Math.round(numberOf(minutes) * 60)
