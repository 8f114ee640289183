/** Does what the planner decided: asks a sidecar, or deletes a pod. Answers why it did not come about. */
import { randomUUID } from "node:crypto"
import type { CommandOutcome, SidecarRequest } from "#core/cluster/sidecar.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { operationId, type PodName } from "#core/ids.ts"
import type { Deed, RestartOne } from "#core/rollout/next-step.ts"
import { seconds } from "#core/units.ts"
import type { KubeApi } from "#io/kube/api.ts"
import { kinds } from "#io/kube/kinds.ts"
import type { Hub } from "../hub/hub.ts"
import type { SiteView } from "../site/view.ts"

export type DeedPorts = {
  readonly api: KubeApi
  readonly view: SiteView
  readonly hub: Pick<Hub, "session">
}

/** A clean stop of a busy server, with the checkpoint before it. */
const answerWithin = seconds(35)

export async function perform(
  ports: DeedPorts,
  spec: ClusterSpec,
  deed: Deed,
  signal: AbortSignal,
): Promise<string | undefined> {
  switch (deed.kind) {
    case "restart": {
      const failures = await Promise.all(deed.members.map((one) => restart(ports, spec, one)))
      return failures.find((why) => why !== undefined)
    }
    case "hand-over": {
      const { pod, term, to } = deed
      const operation = operationId(randomUUID())
      return ask(ports, spec, pod, { kind: "hand-over", operation, to, term })
    }
    case "replace":
      return replace(ports, spec, deed, signal)
  }
}

const restart = (
  ports: DeedPorts,
  spec: ClusterSpec,
  { pod, primaryOf, startedAt }: RestartOne,
): Promise<string | undefined> =>
  ask(ports, spec, pod, {
    kind: "restart",
    as: primaryOf === undefined ? { kind: "standby" } : { kind: "primary", term: primaryOf },
    startedAt,
  })

async function ask(
  { hub }: DeedPorts,
  { namespace }: ClusterSpec,
  pod: PodName,
  request: SidecarRequest,
): Promise<string | undefined> {
  const session = hub.session(namespace, pod)
  if (session === undefined) return `the sidecar of ${pod} is not connected`
  const answer: CommandOutcome = await session.ask(request, answerWithin)
  return answer.kind === "done" ? undefined : `${pod}: ${answer.message}`
}

/** That very pod and no later one: its uid goes with the request. */
async function replace(
  { api, view }: DeedPorts,
  { namespace }: ClusterSpec,
  { pod, uid }: Extract<Deed, { readonly kind: "replace" }>,
  signal: AbortSignal,
): Promise<string | undefined> {
  const live = view.get("Pod", namespace, pod)
  if (live?.metadata.uid !== uid) return undefined
  await api.delete(kinds.Pod, live, "Background", signal)
  return undefined
}
