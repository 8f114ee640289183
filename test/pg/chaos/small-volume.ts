/** Volumes of a size of their own, so that one can be filled without harm to anybody else: takes root. */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { closeSync, openSync, rmSync, statfsSync, writeSync } from "node:fs"
import { join } from "node:path"
import { bytes, type Bytes, mebibytes } from "#core/units.ts"

/** Why volumes can not be made here; undefined where they can. */
export const noSmallVolumes: string | undefined =
  process.getuid?.() !== 0
    ? "a volume of its own size takes root"
    : spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0
      ? undefined
      : "this machine does not let its root mount a volume"

/** Puts a volume of this size in place of the folder. */
export function mountVolume(
  folder: string,
  size: Bytes,
  account: { readonly uid?: number; readonly gid?: number },
): void {
  const owner = account.uid === undefined ? "" : `,uid=${account.uid},gid=${account.gid}`
  const options = `size=${size},mode=0700${owner}`
  const done = spawnSync("mount", ["-t", "tmpfs", "-o", options, "pg-swarm-test", folder], {
    encoding: "utf8",
    timeout: 10_000,
  })
  assert.equal(done.status, 0, done.stderr)
}

/** Takes it away again, also under a process that still uses it; no volume there is fine. */
export function unmountVolume(folder: string): void {
  spawnSync("umount", ["--lazy", folder], { timeout: 10_000 })
}

const ballast = "ballast"

/** Takes all space of the volume but `left`. */
export function fillVolume(folder: string, left: Bytes = bytes(0)): void {
  const chunk = Buffer.alloc(mebibytes(1))
  const file = openSync(join(folder, ballast), "a")
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(folder)
      const free = bavail * bsize - left
      if (free <= 0) break
      writeSync(file, chunk, 0, Math.min(chunk.length, free))
    }
  } catch (failure) {
    // Somebody else took the last of it first.
    if (!(failure instanceof Error && "code" in failure && failure.code === "ENOSPC")) throw failure
  } finally {
    closeSync(file)
  }
}

/** Gives the space back, as an operator who grows the volume. */
export const freeVolume = (folder: string): void => rmSync(join(folder, ballast), { force: true })
