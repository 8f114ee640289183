/** What the supervisor says of volumes that take no writes. A FIFO hangs whoever writes to it, as a dead disk does. */
import assert from "node:assert/strict"
import { execFileSync } from "node:child_process"
import { mkdir, open, rename, rm, stat, symlink } from "node:fs/promises"
import { constants } from "node:fs"
import { join } from "node:path"
import { mebibytes } from "#core/units.ts"
import type { DiskTrouble } from "#io/supervisor/supervisor.ts"
import { uptimeNow } from "#io/supervisor/uptime.ts"
import {
  fillVolume,
  freeVolume,
  mountVolume,
  noSmallVolumes,
  unmountVolume,
} from "./chaos/small-volume.ts"
import { eventually, Instance } from "./instance.ts"
import { testOnce } from "./versions.ts"

const found = async (instance: Instance): Promise<DiskTrouble | undefined | "no pulse"> => {
  const status = await instance.supervisor.status()
  return status === undefined ? "no pulse" : status.disk
}
const until = (
  instance: Instance,
  kind: DiskTrouble["kind"],
  volume: DiskTrouble["volume"],
): Promise<void> =>
  eventually(`the ${volume} volume is ${kind}`, async () => {
    const disk = await found(instance)
    return typeof disk === "object" && disk.kind === kind && disk.volume === volume
  })
const untilWell = (instance: Instance): Promise<void> =>
  eventually("the volumes are well", async () => (await found(instance)) === undefined)

/** Names of the processes that it started and that are still there. */
const childrenOf = (pid: number): readonly string[] =>
  execFileSync("ps", ["-o", "comm=", "--ppid", String(pid)], { encoding: "utf8" })
    .trim()
    .split("\n")
    .toSorted()

/** Lets whoever hangs on the FIFO go on, and takes it away. */
async function mend(fifo: string): Promise<void> {
  await using reader = await open(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  await rename(fifo, `${fifo}.gone`)
  await reader.close()
}

await testOnce(
  "a volume that hangs, fails or is full is told with its name, and the loop goes on",
  async (binaries) => {
    await using instance = await Instance.create(binaries, { wal: true })
    const [data, wal] = [instance.path("data/pg-swarm/disk-probe"), instance.path("wal/disk-probe")]
    await mkdir(instance.path("data/pg-swarm"), { mode: 0o777 })
    execFileSync("mkfifo", ["-m", "666", data])
    execFileSync("chmod", ["777", instance.path("data/pg-swarm")])
    const began = uptimeNow()
    await instance.boot()
    await until(instance, "hanging", "data")
    const disk = await found(instance)
    assert.ok(
      typeof disk === "object" && disk.since >= began - 1000 && disk.since <= uptimeNow() - 2000,
    )
    assert.deepEqual(childrenOf(instance.pid), ["dd", "tee"], "a look is one process")
    await mend(data)
    await untilWell(instance)
    await rm(wal, { force: true })
    await symlink("/dev/full", wal)
    await until(instance, "full", "WAL")
    await rm(wal)
    await mkdir(wal)
    await until(instance, "failing", "WAL")
    await rm(wal, { recursive: true })
    await untilWell(instance)
  },
)

if (noSmallVolumes === undefined)
  await testOnce(
    "a volume that fills up between two looks is told, and again well with room",
    async (binaries) => {
      await using instance = await Instance.create(binaries)
      const volume = instance.path("data")
      mountVolume(volume, mebibytes(4), instance.account)
      try {
        await instance.boot()
        await eventually("there was a look that ended well", async () => {
          const probe = await stat(join(volume, "pg-swarm/disk-probe")).catch(() => undefined)
          return probe !== undefined && probe.size >= 4096
        })
        fillVolume(volume)
        await until(instance, "full", "data")
        freeVolume(volume)
        await untilWell(instance)
      } finally {
        unmountVolume(volume)
      }
    },
  )

await testOnce(
  "of two volumes the one that hangs is told, and the end waits for neither",
  async (binaries) => {
    await using instance = await Instance.create(binaries, { wal: true })
    await mkdir(instance.path("data/pg-swarm"), { mode: 0o777 })
    execFileSync("chmod", ["777", instance.path("data/pg-swarm")])
    await symlink("/dev/full", instance.path("data/pg-swarm/disk-probe"))
    execFileSync("mkfifo", ["-m", "666", instance.path("wal/disk-probe")])
    await instance.boot()
    await until(instance, "hanging", "WAL")
    instance.kill("SIGTERM")
    assert.equal(await instance.ended(), 0)
  },
)
