/**
 * The word, the tone and the meaning of every state the dashboard shows: one exhaustive function per
 * kind of state, so that a new state stops the build here and nowhere is a state named twice.
 */
import type { Fate } from "#wire/rest/cascade.ts"
import type { Severity } from "#core/cluster/events.ts"
import type { ClusterState, InstancePhase } from "#core/cluster/state.ts"
import type { Durability, Preset } from "#core/cluster/spec.ts"
import type { OnMatchEnd } from "#core/rollout/match-end.ts"
import type { Effect, Strategy } from "#core/rollout/impact.ts"
import type { PassOrder } from "#core/rollout/passes.ts"
import type { Verdict } from "#core/rollout/preview.ts"
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
      return look("Healthy", "good", "A primary accepts writes and every standby streams.")
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
      return look("Standby", "quiet", "Follows the primary; answers reads.")
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
        "Commits do not wait for a standby; a failover can lose the latest.",
      )
    case "preferred":
      return look(
        "Preferred",
        "quiet",
        "Commits wait for a standby while one can follow, and go on alone when none can.",
      )
    case "quorum":
      return look(
        "Quorum",
        "quiet",
        "Commits always wait for a standby; no acknowledged commit is lost.",
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

/** What a change as a whole asks of a cluster. */
export function strategyLook(strategy: Strategy): Look {
  switch (strategy) {
    case "none":
      return look("No difference", "quiet", "The server sees no difference.")
    case "reload":
      return look("Reload", "good", "Members take it over while they run.")
    case "grow":
      return look("Grow", "good", "Volumes grow where the site's StorageClass allows it.")
    case "scale":
      return look("Scale", "good", "Members come or go; those that stay run on.")
    case "restart":
      return look("Restart", "warn", "The only member restarts: clients are cut off.")
    case "sequential-restart":
      return look(
        "Sequential restart",
        "warn",
        "One member after another; the primary hands over before it restarts.",
      )
    case "full-restart":
      return look("Full restart", "bad", "All members stop, and the same primary comes back.")
    case "immutable":
      return look("Not possible", "bad", "A cluster that is there cannot take this change.")
  }
}

/** What one change asks of a cluster. */
export function effectLook(effect: Effect): Look {
  switch (effect) {
    case "none":
      return look("No difference", "quiet", "The server sees no difference.")
    case "reload":
      return look("Reload", "good", "In force at once, without a restart.")
    case "new-connections":
      return look("New connections", "good", "Connections that are open keep the old value.")
    case "unknown":
      return look("Told by the server", "quiet", "The server says whether it waits for a restart.")
    case "scale":
      return look("Scale", "good", "Members come or go; those that stay run on.")
    case "grow":
      return look("Grow", "good", "Volumes grow where the site's StorageClass allows it.")
    case "restart":
      return look("Restart", "warn", "In force when a member has restarted.")
    case "new-pod":
      return look("New pods", "warn", "Each member's pod is replaced, one after another.")
    case "full-restart":
      return look("Full restart", "bad", "All members stop, and the same primary comes back.")
    case "immutable":
      return look("Not possible", "bad", "A cluster that is there cannot take this change.")
  }
}

export function passLook(order: PassOrder): Look {
  switch (order) {
    case "standbys-first":
      return look(
        "Standbys first",
        "warn",
        "Then the primary hands over and restarts as a standby.",
      )
    case "primary-first":
      return look(
        "Primary first",
        "warn",
        "The primary restarts in its place, then the standbys once they replayed it.",
      )
    case "together":
      return look("All together", "bad", "All stop, and the same primary comes back.")
    case "alone":
      return look("The only member", "warn", "There is one member, and it restarts.")
  }
}

/** What a rule would do on a satellite that it matches. */
export function verdictLook(verdict: Verdict): Look {
  switch (verdict) {
    case "create":
      return look("Create", "busy", "The cluster would be made.")
    case "has":
      return look("Has it", "good", "The rule's cluster is there already.")
    case "conflict":
      return look("Conflict", "bad", "The place is somebody else's.")
    case "left-alone":
      return look("Left alone", "quiet", "A person deleted the rule's cluster there.")
  }
}

/** What becomes of a cluster by a deed that is not done yet. */
export function fateLook(fate: Fate): Look {
  switch (fate) {
    case "create":
      return look("Made", "good", "The cluster is made.")
    case "keep":
      return look("Stay, though no rule asks for them", "quiet", "It stays as it is.")
    case "pause":
      return look("Paused", "warn", "It runs on, but nobody becomes primary by itself.")
    case "resume":
      return look("Go on after their pause", "good", "Its rule asks for it again.")
    case "delete":
      return look("Deleted with all data", "bad", "Its volumes are deleted at the site.")
    case "protected":
      return look("Protected from deletion", "bad", "The deed is refused while it is.")
    case "unruled":
      return look("Stay, and belong to no rule", "quiet", "It stays as it is.")
    case "abandoned":
      return look("Forgotten by central", "bad", "Its site goes on with it.")
  }
}

/** What becomes of a rule's cluster where the rule does not match any more. */
export function matchEndLook(end: OnMatchEnd): Look {
  switch (end) {
    case "keep":
      return look("Keep", "quiet", "It stays as it is.")
    case "pause":
      return look("Pause", "warn", "It runs on, but nobody becomes primary by itself.")
    case "delete":
      return look(
        "Delete",
        "bad",
        "It goes with its data, once each is confirmed by name; never one that is protected.",
      )
  }
}
