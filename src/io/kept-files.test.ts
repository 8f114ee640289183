import assert from "node:assert/strict"
import { mkdtemp, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { setTimeout as wait } from "node:timers/promises"
import { type Asking, KeptFiles } from "./kept-files.ts"

async function folder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "kept-files-"))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

/** Two files as one text, and how often they were read. */
function counted(asking: Asking, ...files: readonly string[]) {
  let reads = 0
  const kept = new KeptFiles(
    files,
    async () => {
      reads += 1
      return (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("+")
    },
    asking,
  )
  return { get: () => kept.get(), reads: () => reads }
}

/** Looks until a look reads nothing. */
async function settled({ get, reads }: ReturnType<typeof counted>): Promise<void> {
  for (let before = -1; before !== reads();) {
    before = reads()
    await wait(30)
    await get()
  }
}

for (const asking of ["at-once", "beside"] as const) {
  test(`files are read until their stamp is old enough to be trusted, and then no more (asked ${asking})`, async () => {
    await using dir = await folder()
    const [a, b] = [join(dir.path, "a"), join(dir.path, "b")]
    await writeFile(a, "1")
    await writeFile(b, "2")
    const both = counted(asking, a, b)
    assert.equal(await both.get(), "1+2")
    // At once, so that the file system may still count the same instant.
    await writeFile(b, "3")
    assert.equal(await both.get(), "1+3")
    await wait(150)
    await both.get()
    const reads = both.reads()
    assert.equal(await both.get(), "1+3")
    assert.equal(both.reads(), reads, "nothing changed")
  })

  test(`each way to change a file is seen: written over, replaced, pointed elsewhere, gone and back (asked ${asking})`, async () => {
    await using dir = await folder()
    const file = join(dir.path, "file")
    await writeFile(file, "one")
    const one = counted(asking, file)
    await settled(one)
    await writeFile(file, "two")
    assert.equal(await one.get(), "two")
    await settled(one)
    await writeFile(`${file}.new`, "six")
    await rename(`${file}.new`, file)
    assert.equal(await one.get(), "six")
    await settled(one)
    await rm(file)
    await assert.rejects(one.get(), { code: "ENOENT" })
    await writeFile(file, "six")
    assert.equal(await one.get(), "six")
    await settled(one)
    // As Kubernetes swaps the files of a ConfigMap, with one of the same size and age.
    await writeFile(`${file}.other`, "ten")
    await utimes(`${file}.other`, 1, 1)
    await symlink(`${file}.other`, `${file}.link`)
    await rename(`${file}.link`, file)
    assert.equal(await one.get(), "ten")
  })
}

test("what could not be read is read again", async () => {
  await using dir = await folder()
  const file = join(dir.path, "file")
  await writeFile(file, "x")
  let fails = true
  const read = async (): Promise<string> => {
    if (fails) throw new Error("not now")
    return "read"
  }
  const kept = new KeptFiles([file], read, "beside")
  await assert.rejects(kept.get())
  await wait(150)
  await assert.rejects(kept.get())
  fails = false
  assert.equal(await kept.get(), "read")
})
