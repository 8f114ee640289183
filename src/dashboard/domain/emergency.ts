/** What a person may have to decide about a cluster, and what can be asked of it in an emergency. */
import type { Cluster, Instance } from "#wire/rest/clusters.ts"
import { bytesText } from "../ui/format.ts"

type Question = NonNullable<Instance["question"]>
export type Asking = { readonly pod: string; readonly question: Question; readonly reason: string }

/** Members that wait for a person, the one with the most WAL first: that is the one to promote. */
export const askingOf = (cluster: Pick<Cluster, "instances">): readonly Asking[] =>
  cluster.instances
    .flatMap(({ pod, question, reason, timeline, receivedLsn }) =>
      question === null
        ? []
        : [{ pod, question, reason: reason ?? "", timeline: timeline ?? 0, receivedLsn }],
    )
    .toSorted(
      (a, b) =>
        b.timeline - a.timeline ||
        (a.question.missingBytes ?? 0) - (b.question.missingBytes ?? 0) ||
        comparePositions(b.receivedLsn, a.receivedLsn),
    )
    .map(({ pod, question, reason }) => ({ pod, question, reason }))

/** `16/B374D848` is a number of 64 bits in two parts. */
function comparePositions(a: string | null, b: string | null): number {
  const number = (text: string | null): bigint => {
    const [high = "0", low = "0"] = (text ?? "0/0").split("/")
    return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
  }
  const [x, y] = [number(a), number(b)]
  return x === y ? 0 : x > y ? 1 : -1
}

/** Why the machine does not decide, for the page of the cluster. */
export function questionText({ about }: Question): string {
  switch (about) {
    case "pause":
      return "The cluster is paused, so no member becomes primary by itself."
    case "old-data":
      return "This member served further than its data goes now: its volume may be an older copy."
    case "lag":
      return "The best member is further behind than the profile allows without asking."
    case "loss":
      return "Acknowledged commits may be on members that are not heard."
  }
}

/** Whether the answer to it has to accept a loss. */
export const mayLose = ({ about }: Question): boolean => about !== "pause"

export function missingText({ about, missingBytes }: Question): string {
  const known =
    missingBytes === null
      ? "How much it lacks is not known."
      : missingBytes === 0
        ? "Nothing is known to be missing"
        : `At least ${bytesText(missingBytes)} of WAL is known to be missing`
  if (missingBytes === null) return known
  return about === "loss" || about === "pause"
    ? `${known}, by the last position that the old primary told; it may have gone further.`
    : `${known}.`
}

/** The same in a few words, to compare members by. */
export const lackText = ({ missingBytes }: Question): string =>
  missingBytes === null
    ? "not known what it lacks"
    : missingBytes === 0
      ? "lacks nothing that is known"
      : `lacks at least ${bytesText(missingBytes)} of WAL`

/** Members whose WAL nobody can look at. */
export const unheardOf = ({ instances }: Pick<Cluster, "instances">): readonly string[] =>
  instances
    .filter(({ role, phase }) => role === "unknown" && phase === "unknown")
    .map(({ pod }) => pod)

export const emergencyKinds = ["fence", "unfence", "promote"] as const
export type EmergencyDeed = (typeof emergencyKinds)[number]
export const isEmergency = (kind: string): boolean => emergencyKinds.some((each) => each === kind)

/** What can be asked of the cluster now. */
export function emergencyDeeds(cluster: Cluster): readonly EmergencyDeed[] {
  if (cluster.state === "deleting" || cluster.state === "unknown") return []
  if (askingOf(cluster).length > 0) return ["promote"]
  if (cluster.primary === null) return cluster.instances.length === 0 ? [] : ["promote"]
  return refusingOf(cluster) === undefined ? ["fence"] : ["unfence"]
}

/** Why the primary lets no clients in; undefined when it does. */
export const refusingOf = ({ primary, instances }: Cluster): string | undefined =>
  instances.find(({ pod }) => pod === primary)?.refusing ?? undefined
