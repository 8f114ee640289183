/** What a full run must have gone through at least once; a run that has not proves little and fails. */
import { faults } from "./faults.ts"

const phases = [
  "unknown",
  "held",
  "initialising",
  "cloning",
  "rewinding",
  "starting",
  "catching-up",
  "streaming",
  "primary",
  "stopping",
  "stopped",
  "quarantined",
] as const

const transitions = [
  "from catching-up to streaming",
  "from streaming to catching-up",
  "from catching-up to starting",
  "from starting to primary",
  "from primary to stopping",
  "from stopping to starting",
  "from held to rewinding",
  "from rewinding to held",
  "from held to cloning",
  "from cloning to starting",
  "from held to initialising",
  "from starting to stopped",
  "from primary to starting",
] as const

const steps = [
  "hand-over checkpoint",
  "hand-over stop",
  "hand-over confirm",
  "hand-over await",
  "lease renew",
  "lease take",
  "lease release",
  "lease take-back",
  "campaign bootstrap",
  "campaign expired",
  "campaign released",
  "ballot won",
  "ballot lost",
  "ballot refused for loss",
  "waits for its pledge",
  "waits for the successor",
  "waits for the missing after a power cut",
  "guard records a term",
  "gives up streaming",
  "does admit",
  "start-primary",
  "heal rewind 1",
  "heal rewind 2",
  "heal clone 1",
  "heal clone 2",
  "heal whole again",
  "does persist-term",
  "does promote",
  "does start-standby",
  "does stop",
  "does initdb",
  "does confirm-data",
  "does clone",
  "does rewind",
  "does follow",
  "does set-sync-names",
  "does label",
  "does record-term",
  "does checkpoint",
  "does slots",
  "does drop-old",
  "loss told",
] as const

const fences = [
  "fence: term N was opened",
  "fence: c-N holds the Lease",
  "fence: neither the Lease was renewed",
  "fence: the server has not answered",
] as const

/** Everything of the list that `counts` does not have. A fence is counted with the rest of its sentence. */
export function missing(counts: ReadonlyMap<string, number>): readonly string[] {
  const has = (name: string): boolean => counts.has(name)
  const begins = (name: string): boolean => [...counts.keys()].some((each) => each.startsWith(name))
  return [
    ...Object.keys(faults)
      .map((name) => `fault ${name}`)
      .filter((name) => !has(name)),
    ...phases.map((phase) => `phase ${phase}`).filter((name) => !has(name)),
    ...[...transitions, ...steps].filter((name) => !has(name)),
    ...fences.filter((name) => !begins(name)),
  ]
}
