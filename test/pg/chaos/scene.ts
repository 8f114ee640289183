/** What chaos tests begin and end with: a whole cluster under load, and the same again after each fault. */
import { test } from "node:test"
import type { FailoverCluster, Member, Options } from "../failover-cluster.ts"
import { long } from "../../long.ts"
import { started } from "../failover-started.ts"
import { installed, majorsFor, nothingInstalled } from "../versions.ts"
import { freeVolume } from "./small-volume.ts"
import { Witnesses } from "./witnesses.ts"

export type Scene = {
  readonly cluster: FailoverCluster
  readonly witnesses: Witnesses
  /** The member that is primary, once everybody else streams from it: from here on one fault is a single fault. */
  readonly primary: Member
  readonly others: readonly Member[]
  /** Prints a figure of the run. */
  readonly say: (line: string) => void
}

/** A fact about one fault; its name begins with the ids of docs/scenarios.md that it shows, where it has such. */
export type Act = {
  readonly name: string
  readonly play: (scene: Scene) => Promise<void>
  /** What is acknowledged may be lost or strange: the act itself says what, and how that is told. */
  readonly loses?: boolean
}

/** A regular expression: only acts whose name it matches are played. */
const chosen = new RegExp(process.env["PG_SWARM_TEST_ACTS"] ?? "")

/**
 * On the version that its name is given to (`majorsFor`): starts a cluster of members that
 * reach each other through links, puts it under load, and plays the acts one after the other. After each the
 * cluster must be whole again, with every acknowledged commit on every member and no two writers at one instant.
 */
export async function play(
  what: string,
  options: Omit<Options, "links"> & {
    /** Why it can not be played here. */
    readonly skip?: string | undefined
  },
  all: readonly Act[],
): Promise<void> {
  const acts = all.filter(({ name }) => chosen.test(name))
  if (acts.length === 0) return
  const here = await installed()
  if (here.length === 0) test(what, { skip: nothingInstalled })
  for (const major of majorsFor(what, here)) {
    const binaries = here.find((one) => one.major === major)
    const skip =
      binaries === undefined ? `PostgreSQL ${major} is not installed here` : (options.skip ?? false)
    test(
      `PostgreSQL ${major}: ${what}`,
      { skip, timeout: long ? 3_600_000 : 500_000 },
      async (t) => {
        if (binaries === undefined) return
        const { cluster, primary } = await started(binaries, { ...options, links: true })
        await using _ = cluster
        await using witnesses = await Witnesses.start(cluster, primary)
        await witnesses.writing()
        const say = (line: string): void => console.log(`PostgreSQL ${major}: ${line}`)
        let broken = ""
        for (const act of acts)
          await t.test(act.name, async () => {
            if (broken !== "") throw new Error(`the cluster is as "${broken}" left it`)
            try {
              await perform(act, { cluster, witnesses, say })
            } catch (failure) {
              say(`${act.name}: ${String(failure)}`)
              // What it left is mended as far as possible, so that the others can still be played.
              await calm(cluster).catch(() => (broken = act.name))
              // What was found here is not found again in the next act.
              witnesses.forget()
              throw failure
            }
          })
      },
    )
  }
}

async function perform(
  act: Act,
  { cluster, witnesses, say }: Pick<Scene, "cluster" | "witnesses" | "say">,
): Promise<void> {
  const began = performance.now()
  const primary = await whole(cluster)
  await act.play({ cluster, witnesses, primary, others: others(cluster, primary), say })
  await whole(cluster)
  await witnesses.writing()
  if (act.loses === true) witnesses.forget()
  else await witnesses.nothingLost()
  say(`${act.name}: ${Math.round((performance.now() - began) / 1000)} s`)
}

/** Ends what an act that failed did not, and waits until the cluster is whole. */
async function calm(cluster: FailoverCluster): Promise<void> {
  cluster.links?.mendAll()
  cluster.thawApi()
  await cluster.faults.mendAll()
  for (const member of cluster.members) {
    member.signalSidecar("SIGCONT")
    member.signalSupervisor("SIGCONT")
    await member.signalServer("SIGCONT")
    freeVolume(member.volume)
    if (!member.isGone) continue
    await member.rebirth()
    member.start()
  }
  await whole(cluster)
}

/** Everybody streams, and is on record as somebody who may hold the last commit. */
async function whole(cluster: FailoverCluster): Promise<Member> {
  const primary = await cluster.untilPrimary()
  await cluster.untilStreaming(primary)
  const others = cluster.members.filter((member) => member !== primary)
  if (cluster.spec.failover.durability !== "async")
    await cluster.until("every standby is recorded as synchronous", async () => {
      const { syncSet, holder } = await cluster.lease()
      return holder?.pod === primary.pod && others.every(({ pod }) => syncSet.includes(pod))
    })
  return primary
}

/** The links of a cluster that was made with them. */
export function linksOf(cluster: FailoverCluster): NonNullable<FailoverCluster["links"]> {
  if (cluster.links === undefined) throw new Error("the cluster was made without links")
  return cluster.links
}

const others = (cluster: FailoverCluster, member: Member): readonly Member[] =>
  cluster.members.filter((one) => one !== member)

/** Waits so many milliseconds while the cluster is under load: for faults whose length is the point. */
export const lasting = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms))
