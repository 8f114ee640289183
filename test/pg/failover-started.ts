/** What most failover tests begin with. */
import type { ServerBinaries } from "#io/postgres/binaries.ts"
import type { Writer } from "./acknowledged.ts"
import { FailoverCluster, type Member, type Options } from "./failover-cluster.ts"

/** A cluster whose members all run, with its primary. */
export async function started(
  binaries: ServerBinaries,
  options: Options,
): Promise<{ readonly cluster: FailoverCluster; readonly primary: Member }> {
  const cluster = await FailoverCluster.create(binaries, options)
  try {
    for (const member of cluster.members) member.start()
    const primary = await cluster.untilPrimary()
    await cluster.untilStreaming(primary)
    const others = cluster.members.filter((member) => member !== primary)
    if (options.durability !== "async")
      await cluster.until("every standby is recorded as synchronous", async () => {
        const { syncSet } = await cluster.lease()
        return others.every(({ pod }) => syncSet.includes(pod))
      })
    return { cluster, primary }
  } catch (failure) {
    await cluster[Symbol.asyncDispose]()
    throw failure
  }
}

/** True once `more` further commits were acknowledged. */
export const some = (writer: Writer, more = 20): (() => boolean) => {
  const from = writer.acknowledged.length
  return () => writer.acknowledged.length >= from + more
}
