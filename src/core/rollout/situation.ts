/** What the site sees of a cluster while it brings a config into force: the planner knows nothing else. */
import type { MemberConfig } from "#core/cluster/member-config.ts"
import type { PodName, Term } from "#core/ids.ts"

export type MemberNow = {
  readonly pod: PodName
  /** Undefined where Kubernetes has no such pod. */
  readonly uid: string | undefined
  readonly deleting: boolean
  /** Its containers cannot start, in Kubernetes' words: there is no image, for one. */
  readonly stuck: boolean
  /** Made from an earlier template than the StatefulSet has now. */
  readonly outdated: boolean
  /** By its own fresh word. */
  readonly role: "primary" | "standby" | "unknown"
  /** Why it is not well; undefined when it serves, or streams and has caught up. */
  readonly trouble: string | undefined
  readonly config: MemberConfig | undefined
  /** Its priority is not 0: it may take over. */
  readonly mayLead: boolean
}

export type Situation = {
  /** Every member that the cluster has now and keeps, by ordinal. */
  readonly members: readonly MemberNow[]
  /** Of the one that serves writes. */
  readonly term: Term | undefined
  /** What every member should have taken over. */
  readonly print: string
  /** The config asks for new pods. A template that is new for another reason, a newer satellite, replaces none. */
  readonly replaces: boolean
  /** Members restart all at once, with the primary in its place, and not one after another. */
  readonly together: boolean
  /** Run the server that they had when the change began, though people ordered a restart for what it changes. */
  readonly ordered: ReadonlySet<PodName>
  /** Parameters that people ordered to be reloaded and nothing more. */
  readonly leftAlone: ReadonlySet<string>
  readonly paused: boolean
  /** What else is done with the cluster now. */
  readonly busy: string | undefined
}

export const primaryIn = ({ members }: Pick<Situation, "members">): MemberNow | undefined =>
  members.find(({ role }) => role === "primary")
