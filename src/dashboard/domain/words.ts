/**
 * The word, the tone and the meaning of every state the dashboard shows: one exhaustive function per
 * kind of state, so that a new state stops the build here and nowhere is a state named twice.
 */
import type { Severity } from "#core/cluster/events.ts"
import type { ClusterState, InstancePhase } from "#core/cluster/state.ts"
import type { Durability, Preset } from "#core/cluster/spec.ts"
import type { ShownRole } from "./cluster.ts"
import type { SatelliteState } from "./types.ts"
import type { Tone } from "../ui/tone.ts"

export type Look = {
  readonly word: string
  readonly tone: Tone
  /** One sentence for a tooltip and for screen readers. */
  readonly meaning: string
}

const look = (word: string, tone: Tone, meaning: string): Look => ({ word, tone, meaning })

export function clusterLook(state: ClusterState): Look {
  switch (state) {
    case "creating":
      return look("Creating", "busy", "The site is building it; no healthy report has come yet.")
    case "healthy":
      return look("Healthy", "good", "A primary accepts writes and every replica streams.")
    case "degraded":
      return look("Degraded", "warn", "It accepts writes, but not every member is as it should be.")
    case "failing-over":
      return look("Failing over", "bad", "The primary is gone and the members choose another.")
    case "unavailable":
      return look("Unavailable", "bad", "No member accepts writes.")
    case "paused":
      return look("Paused", "quiet", "Changes are held back until it is resumed.")
    case "deleting":
      return look("Deleting", "busy", "The site removes it, or will when it is next connected.")
    case "unknown":
      return look(
        "Unknown",
        "quiet",
        "The site is not heard from; what is shown is the last report.",
      )
  }
}

export function satelliteLook(state: SatelliteState): Look {
  switch (state) {
    case "pending":
      return look("Pending", "busy", "It has registered and waits for your approval.")
    case "rejected":
      return look("Rejected", "quiet", "It was refused and gets no work.")
    case "offline":
      return look("Offline", "quiet", "Approved, but it has not connected yet.")
    case "connected":
      return look("Connected", "good", "Its stream is open and it is heard from.")
    case "late":
      return look("Late", "warn", "No word from it for more than 30 seconds.")
    case "lost":
      return look(
        "Lost",
        "bad",
        "No word from it for more than 2 minutes. Its clusters go on by themselves.",
      )
  }
}

export function roleLook(role: ShownRole): Look {
  switch (role) {
    case "claims-primary":
      return look(
        "Was primary",
        "warn",
        "Its last report still says primary, but the cluster has another one now.",
      )
    case "primary":
      return look("Primary", "busy", "Accepts writes.")
    case "replica":
      return look("Replica", "quiet", "Follows the primary; answers reads.")
    case "unknown":
      return look("No role", "quiet", "Neither primary nor following one.")
  }
}

export function phaseLook(phase: InstancePhase): Look {
  switch (phase) {
    case "held":
      return look("Held", "warn", "The server waits for an order to start.")
    case "initialising":
      return look("Initialising", "busy", "The database is being created.")
    case "cloning":
      return look("Cloning", "busy", "It copies the primary's data.")
    case "rewinding":
      return look("Rewinding", "busy", "pg_rewind takes it back to where the histories parted.")
    case "starting":
      return look("Starting", "busy", "The server starts or replays after a crash.")
    case "streaming":
      return look("Streaming", "good", "It follows the primary.")
    case "catching-up":
      return look("Catching up", "warn", "It streams, but is still behind.")
    case "primary":
      return look("Writing", "good", "It accepts writes.")
    case "stopping":
      return look("Stopping", "warn", "The server is stopping.")
    case "stopped":
      return look("Stopped", "bad", "The server does not run.")
    case "quarantined":
      return look("Quarantined", "bad", "It needs a person; the reason says why.")
    case "unknown":
      return look("Unknown", "quiet", "Its sidecar has not reported.")
  }
}

export function severityLook(severity: Severity): Look {
  switch (severity) {
    case "debug":
      return look("Debug", "quiet", "Detail for people who look for a cause.")
    case "info":
      return look("Info", "quiet", "Something happened as it should.")
    case "warning":
      return look("Warning", "warn", "Look at it when you can.")
    case "error":
      return look("Error", "bad", "Something failed.")
    case "critical":
      return look("Critical", "bad", "Data or availability is at risk now.")
  }
}

export function durabilityLook(durability: Durability): Look {
  switch (durability) {
    case "async":
      return look(
        "Asynchronous",
        "quiet",
        "Commits do not wait for a replica; a failover can lose the latest.",
      )
    case "preferred":
      return look(
        "Preferred",
        "quiet",
        "Commits wait for a replica while one can follow, and go on alone when none can.",
      )
    case "quorum":
      return look(
        "Quorum",
        "quiet",
        "Commits always wait for a replica; no acknowledged commit is lost.",
      )
  }
}

export function presetLook(preset: Preset): Look {
  switch (preset) {
    case "fast":
      return look("Fast", "quiet", "A lost node is replaced within 6 seconds. For steady networks.")
    case "edge":
      return look("Edge", "quiet", "A lost node is replaced within 8 seconds. The default.")
    case "calm":
      return look("Calm", "quiet", "Waits 15 seconds before it acts. For slow or shaky sites.")
  }
}
