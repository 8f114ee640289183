/** What is told of a change as events: how it ended or what it waits for, and what was left behind. */
import type { ClusterSpec } from "#core/cluster/spec.ts"
import type { KeptStep, Progress } from "#core/rollout/progress.ts"
import type { Tell } from "../events.ts"
import type { Looked } from "./look.ts"

/** What is new in `progress` since `was`: what was kept already was told. */
export function tellProgress(
  tell: Tell,
  { id: cluster }: ClusterSpec,
  progress: Progress,
  was: Progress | undefined,
): void {
  if (was?.version !== progress.version || was.state !== progress.state)
    tellState(tell, cluster, progress)
  for (const { pod } of progress.steps.filter((step) => hasLeft(step, was)))
    tell({
      severity: "info",
      kind: "volume.kept",
      message: `${pod} is a member no more; its volumes stay until the cluster is deleted or somebody deletes them`,
      cluster,
      pod,
    })
}

const hasLeft = ({ action, state, pod }: KeptStep, was: Progress | undefined): boolean =>
  action === "leave" &&
  state === "done" &&
  was?.steps.some((one) => one.action === action && one.pod === pod && one.state !== state) === true

function tellState(tell: Tell, cluster: ClusterSpec["id"], progress: Progress): void {
  const { state, reason = "", version, strategy } = progress
  const details = { version: String(version), strategy }
  switch (state) {
    case "applying":
      return
    case "done":
      return tell({
        severity: "info",
        kind: "config.in-force",
        message: `config version ${version} is in force on every member`,
        cluster,
        details,
      })
    case "blocked":
      return tell({
        severity: "warning",
        kind: "config.blocked",
        message: `config version ${version} waits: ${reason}`,
        cluster,
        details,
      })
    case "failed":
      return tell({
        severity: "error",
        kind: "config.failed",
        message: `config version ${version} is given up: ${reason}`,
        cluster,
        details,
      })
  }
}

/** A newer satellite, or another mirror, makes another template; nobody replaces a pod for that unasked. */
export function tellOutdated(tell: Tell, spec: ClusterSpec, { situation, revision }: Looked): void {
  const pods = situation.members.flatMap(({ pod, outdated }) => (outdated ? [pod] : []))
  tell({
    severity: "info",
    kind: "instances.outdated",
    message: `${pods.join(", ")} still run with an earlier pod template; each takes the new one when its pod is replaced`,
    cluster: spec.id,
    details: { revision },
  })
}
