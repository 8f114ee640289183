/** The catalog of parameters against PostgreSQL itself, on every major that this machine has. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { inForce, isSameValue, parameterOf, parameterProblem } from "#core/cluster/catalog.ts"
import { catalogRead } from "#core/cluster/catalog-read.ts"
import { wordsOf } from "#core/cluster/catalog-words.ts"
import { ownReason } from "#core/cluster/parameters.ts"
import { postgresMajors } from "#core/cluster/spec.ts"
import { findServerBinaries } from "#io/postgres/binaries.ts"
import { catalogRows, readSettings } from "../../scripts/catalog.ts"

const found = await findServerBinaries({ path: process.env["PATH"] })
/** Of minor releases and of Debian's packages: a server of the same major may lack these. */
const notEverywhere = new Set([
  "composite_type_mismatch",
  "extension_destdir",
  "file_extend_method",
  "output_plugin_libraries",
])

for (const binaries of found)
  test(`PostgreSQL ${binaries.major} knows every parameter that the catalog gives it, and takes its own values`, async () => {
    const major = postgresMajors.find((one) => one === binaries.major)
    assert.ok(major !== undefined)
    const settings = await readSettings(binaries)
    for (const { name, context, boot_val: value, setting, shown } of settings) {
      if (context === "internal" || ownReason(name) !== undefined) continue
      assert.equal(inForce(major, name) === "restart", context === "postmaster", name)
      assert.ok((wordsOf(major, name)?.about ?? "") !== "", `${name} has words`)
      if (value === null) continue
      const { standard = "" } = wordsOf(major, name) ?? {}
      assert.ok(isSameValue(major, name, standard, value), `${name}: ${standard}, ${value}`)
      assert.equal(parameterProblem(major, name, value), undefined, `${name} = ${value}`)
      assert.ok(
        isSameValue(major, name, setting ?? "", shown ?? ""),
        `${name}: ${setting}, ${shown}`,
      )
    }
    const rowOf = (row: string) => row.replace(/^(\S+) \S+ /, "$1 ")
    const said = new Set(catalogRows([{ major, settings }]).map(rowOf))
    const written = catalogRead
      .trim()
      .split("\n")
      .filter((row) => (row.split(" ")[1] ?? "").split(",").includes(String(major)))
    const wrong = written
      .filter((row) => !said.has(rowOf(row)))
      .filter((row) => !notEverywhere.has(row.split(" ", 1)[0] ?? ""))
    if (written.length > 0) assert.deepEqual(wrong, [], "run `node scripts/catalog.ts`")
    const unknown = settings
      .filter(({ name, context }) => context !== "internal" && ownReason(name) === undefined)
      .filter(({ name }) => parameterOf(major, name) === undefined)
    assert.deepEqual(
      unknown.map(({ name }) => name),
      [],
      "run `node scripts/catalog.ts`",
    )
  })

test("there is a server to ask", () => {
  assert.ok(found.length > 0)
})
