import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { supervisorScript } from "./gen/supervisor.ts"

test("the delivered supervisor is one valid script that holds all its parts", () => {
  const { status, stderr } = spawnSync("bash", ["-n"], {
    input: supervisorScript,
    encoding: "utf8",
  })
  assert.equal(status, 0, stderr)
  assert.ok(!supervisorScript.includes("BASH_SOURCE"))
  const parts = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".sh"))
  assert.ok(parts.length > 1)
  for (const name of parts) {
    const text = readFileSync(join(import.meta.dirname, name), "utf8")
    for (const [, defined] of text.matchAll(/^([a-z_]+)\(\)/gm))
      assert.ok(supervisorScript.includes(`\n${defined}() {`), `${name}: ${defined}`)
  }
})
