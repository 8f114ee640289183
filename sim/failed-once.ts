type Find = {
  readonly seed: number
  readonly found: string
  /** Of these faults alone; undefined: of all. */
  readonly only?: readonly string[]
}

const pauses: readonly string[] = ["machine paused", "member alone"]

/**
 * Worlds that found something once, run for ever, in every shape. What each found is said beside it; a change of
 * the world itself gives a seed another history, so new finds are added and old ones stay as a cheap sample.
 */
export const failedOnce: readonly Find[] = [
  { seed: 112, found: "the last rung of the ladder was ordered beside a running server" },
  { seed: 190, found: "a fence that could not be ordered was begun again without end" },
  { seed: 47, found: "two promotions that knew nothing of each other made one timeline number" },
  {
    seed: 24,
    found: "an old primary that was beyond the position counted as having the shutdown checkpoint",
  },
  {
    seed: 219,
    found: "the row of a term waited for a standby that waited for the checkpoint after it",
  },
  {
    seed: 506,
    found: "the position of a voter that refused, and still received, counted as final",
  },
  { seed: 898, found: "an old primary waited for the expired holder that the Lease still named" },
  { seed: 285, found: "the end of a job was waited for whose container had died" },
  {
    seed: 2316,
    found: "a right to serve was counted from before a pause in which the clock stood still",
  },
  {
    seed: 139,
    found: "a job whose container died while its order was on its way ended the sidecar",
  },
  { seed: 258, found: "a hand-over hung when its server was started again" },
  { seed: 265, found: "a member that was starting counted as heard" },
  { seed: 891, found: "a leaving member that was ahead counted as heard" },
  {
    seed: 2487,
    found:
      "a ballot that nobody ended was waited for; data that was deleted while no server ran was never looked for again",
  },
  {
    seed: 1409,
    found:
      "the data as it was before its server ran counted as what a hand-over had left: an old shutdown checkpoint",
  },
  { seed: 832, found: "the loss of a term that never served was not told" },
  { seed: 13, only: pauses, found: "overlapping pauses set the clock of a machine back" },
  { seed: 36, only: pauses, found: "the same, with two members: a deadline far ahead" },
  {
    seed: 44,
    only: pauses,
    found: "the same: what was sent before a pause seemed to be sent after it",
  },
  {
    seed: 0,
    only: ["joins unseen by the primary"],
    found: "a candidate that the Lease did not name yet counted its own vote",
  },
  {
    seed: 0,
    only: ["members change unheard"],
    found: "of the member sets that were sent only the last was leant on",
  },
  {
    seed: 0,
    only: ["sidecar restarts as members change"],
    found: "the member set that was wanted was taken for the one in force",
  },
  {
    seed: 0,
    only: ["preset grows as the primary is cut off"],
    found: "a longer deadline counted from a renewal that carried a shorter T",
  },
  {
    seed: 1,
    only: ["unrecorded members lead and acknowledge"],
    found: "whom the first commits of a term wait for was recorded after them",
  },
  {
    seed: 1576,
    found: "a receiver of which a restarted sidecar knew nothing was waited for without end",
  },
  {
    seed: 4,
    only: ["members change unheard"],
    found: "a record that came into force without an answer was not reckoned with",
  },
]
