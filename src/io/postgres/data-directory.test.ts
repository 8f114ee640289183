import assert from "node:assert/strict"
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import {
  confirmBootstrap,
  lookAtData,
  readHighestTerm,
  readPeers,
  unconfirmedBootstrap,
  writeHighestTerm,
  writePeers,
} from "./data-directory.ts"
import { term } from "#core/ids.ts"

async function volume(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "pg-swarm-volume-"))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

test("a volume without a data directory is empty, and so is one with an empty folder", async () => {
  await using data = await volume()
  assert.deepEqual(await lookAtData(data.path), { kind: "empty" })
  await mkdir(join(data.path, "pgdata"))
  assert.deepEqual(await lookAtData(data.path), { kind: "empty" })
})

test("a folder with files but no PG_VERSION is damaged, never empty", async () => {
  await using data = await volume()
  await mkdir(join(data.path, "pgdata/base"), { recursive: true })
  assert.equal((await lookAtData(data.path)).kind, "damaged")
})

test("an interrupted rewind is damage whatever the control file says", async () => {
  await using data = await volume()
  await mkdir(join(data.path, "pgdata"))
  await mkdir(join(data.path, "pg-swarm"))
  await writeFile(join(data.path, "pgdata/PG_VERSION"), "17\n")
  await writeFile(join(data.path, "pg-swarm/rewinding"), "10.0.0.1:5432\n")
  assert.deepEqual(await lookAtData(data.path), {
    kind: "damaged",
    reason: "a rewind from 10.0.0.1:5432 was interrupted",
  })
})

test("the highest term only grows", async () => {
  await using data = await volume()
  assert.equal(await readHighestTerm(data.path), undefined)
  await writeHighestTerm(data.path, term(7))
  await writeHighestTerm(data.path, term(5))
  assert.equal(await readHighestTerm(data.path), 7)
})

test("a term file that holds no term is an outage, not term zero", async () => {
  await using data = await volume()
  await mkdir(join(data.path, "pg-swarm"))
  for (const content of ["", "x\n", "-1\n", "1.5\n"]) {
    await writeFile(join(data.path, "pg-swarm/term"), content)
    await assert.rejects(readHighestTerm(data.path), { code: "TERM_UNREADABLE" })
  }
})

test("peers are read back as written, and broken lines are left out", async () => {
  await using data = await volume()
  await writePeers(data.path, new Map([["pg-1", "10.0.0.1"]]))
  const file = join(data.path, "pg-swarm/peers")
  await writeFile(file, `${await readFile(file, "utf8")}half\n\na b c\n`)
  assert.deepEqual([...(await readPeers(data.path))], [["pg-1", "10.0.0.1"]])
})

test("a bootstrap stays unconfirmed until it is confirmed, which may happen twice", async () => {
  await using data = await volume()
  assert.equal(await unconfirmedBootstrap(data.path), undefined)
  await mkdir(join(data.path, "pg-swarm"))
  await writeFile(join(data.path, "pg-swarm/bootstrap-unconfirmed"), "7710401634308826815\n")
  assert.equal(await unconfirmedBootstrap(data.path), "7710401634308826815")
  await confirmBootstrap(data.path)
  await confirmBootstrap(data.path)
  assert.equal(await unconfirmedBootstrap(data.path), undefined)
})
