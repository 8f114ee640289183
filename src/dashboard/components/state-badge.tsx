/** The states of the domain as badges: word, tone and meaning come from domain/words.ts. */
import type { Severity } from "#core/cluster/events.ts"
import type { ClusterState, InstancePhase } from "#core/cluster/state.ts"
import type { ShownRole } from "../domain/cluster.ts"
import type { SatelliteState } from "../domain/types.ts"
import { clusterLook, phaseLook, roleLook, satelliteLook, severityLook } from "../domain/words.ts"
import { Badge, ToneWord } from "../ui/badge.tsx"
import { classNames } from "../ui/class-names.ts"

type Size = "small" | "large"

export function ClusterBadge({
  state,
  size = "small",
}: {
  readonly state: ClusterState
  readonly size?: Size
}) {
  const { word, tone, meaning } = clusterLook(state)
  return (
    <Badge tone={tone} title={meaning} size={size}>
      {word}
    </Badge>
  )
}

export function SatelliteBadge({
  state,
  size = "small",
}: {
  readonly state: SatelliteState
  readonly size?: Size
}) {
  const { word, tone, meaning } = satelliteLook(state)
  return (
    <Badge tone={tone} title={meaning} size={size}>
      {word}
    </Badge>
  )
}

export function PhaseWord({ phase }: { readonly phase: InstancePhase }) {
  const { word, tone, meaning } = phaseLook(phase)
  return (
    <ToneWord tone={tone} title={meaning}>
      {word}
    </ToneWord>
  )
}

export function RoleBadge({ role }: { readonly role: ShownRole }) {
  const { word, meaning } = roleLook(role)
  return (
    <span
      title={meaning}
      data-volatile
      className={classNames(
        "inline-flex h-5 items-center rounded-sm px-1.5 text-xs font-medium whitespace-nowrap",
        role === "primary" && "bg-accent-fill text-on-accent",
        role === "replica" && "bg-active text-ink-2",
        role === "claims-primary" && "text-warn ring-1 ring-warn-fill ring-inset",
        role === "unknown" && "text-ink-3 ring-1 ring-line-strong ring-inset",
      )}
    >
      {word}
    </span>
  )
}

export function SeverityWord({ severity }: { readonly severity: Severity }) {
  const { word, tone, meaning } = severityLook(severity)
  return (
    <ToneWord tone={tone} title={meaning}>
      {word}
    </ToneWord>
  )
}
