import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { expanded } from "./expand.ts"
import { rewritten } from "./rewrite.ts"

const mounts = [
  { path: "/var/lib/postgresql", folder: "/site/data" },
  { path: "/var/lib/postgresql/wal", folder: "/site/wal" },
  { path: "/run/pg", folder: "/tmp/mk/1/run" },
  { path: "/etc/config", folder: "/tmp/mk/1/config" },
]

test("a mount path is exchanged for its folder, alone and with what is below it", () => {
  assert.equal(rewritten("/run/pg", mounts), "/tmp/mk/1/run")
  assert.equal(rewritten("/etc/config/run.sh", mounts), "/tmp/mk/1/config/run.sh")
})

test("of two mounts that fit the deeper one wins", () => {
  assert.equal(rewritten("/var/lib/postgresql/wal/0", mounts), "/site/wal/0")
  assert.equal(rewritten("/var/lib/postgresql/walk", mounts), "/site/data/walk")
})

test("a path within another path is left alone", () => {
  for (const text of ["/srv/run/pg", "x/run/pg", "/run/pgx", "/run/pg-2", "/run/pg.old"]) {
    assert.equal(rewritten(text, mounts), text)
  }
})

test("paths are found within texts: lists, options, shell lines", () => {
  assert.equal(rewritten("/run/pg:/etc/config", mounts), "/tmp/mk/1/run:/tmp/mk/1/config")
  assert.equal(rewritten("--dir=/run/pg", mounts), "--dir=/tmp/mk/1/run")
  assert.equal(rewritten("-D/var/lib/postgresql", mounts), "-D/site/data")
  assert.equal(
    rewritten('cat "/etc/config/a" > /run/pg/b', mounts),
    'cat "/tmp/mk/1/config/a" > /tmp/mk/1/run/b',
  )
})

test("a text without a mount path stays as it is", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!mounts.some(({ path }) => text.includes(path)))
      assert.equal(rewritten(text, mounts), text)
    }),
  )
})

test("a folder that is itself below a mount path is not exchanged again", () => {
  const tricky = [{ path: "/a", folder: "/a/b" }]
  assert.equal(rewritten("/a/c", tricky), "/a/b/c")
})

test("variables are expanded where they are known, and $$ is a dollar", () => {
  const known = new Map([
    ["HOST", "h"],
    ["PORT", "1"],
  ])
  assert.equal(expanded("$(HOST):$(PORT)", known), "h:1")
  assert.equal(expanded("$(NONE) $HOST $$(HOST)", known), "$(NONE) $HOST $(HOST)")
})
