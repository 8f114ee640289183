import assert from "node:assert/strict"
import { mkdtemp, rm, symlink } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { installed, testOnce } from "./versions.ts"
import { findServerBinaries } from "#io/postgres/binaries.ts"

await testOnce(
  "servers are found where Debian puts them, the preferred version first",
  async () => {
    for (const { major } of await installed()) {
      const [first] = await findServerBinaries({ path: process.env["PATH"], prefer: major })
      assert.equal(first?.major, major)
    }
    const all = await findServerBinaries({ path: process.env["PATH"] })
    assert.deepEqual(
      all,
      all.toSorted((a, b) => b.major - a.major),
    )
    assert.equal(new Set(all.map(({ dir }) => dir)).size, all.length, "each once")
  },
)

await testOnce("a folder that is named is searched alone", async (binaries) => {
  const options = { path: process.env["PATH"] }
  assert.deepEqual(await findServerBinaries({ ...options, folder: binaries.dir }), [binaries])
  assert.deepEqual(await findServerBinaries({ ...options, folder: tmpdir() }), [])
})

await testOnce("a link to the server leads to the folder of all its programs", async (binaries) => {
  const folder = await mkdtemp(join(tmpdir(), "pg-swarm-links-"))
  try {
    await symlink(join(binaries.dir, "postgres"), join(folder, "postgres"))
    assert.deepEqual(await findServerBinaries({ path: undefined, folder }), [binaries])
  } finally {
    await rm(folder, { recursive: true })
  }
})
