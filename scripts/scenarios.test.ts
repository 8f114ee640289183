/** docs/scenarios.md is true: every scenario has one row, every test that it names exists, and none is left out. */
import assert from "node:assert/strict"
import { existsSync, globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"

const root = join(import.meta.dirname, "..")
const read = (path: string): string => readFileSync(join(root, path), "utf8")

/** The catalogue: the letters of a collection and how many scenarios of it concern failover. */
const catalogue: readonly (readonly [string, number, number])[] = [
  ["PA", 1, 27],
  ["CN", 1, 25],
  ["AF", 1, 14],
  ["ST", 3, 9],
  ["MG", 1, 17],
  ["OW", 1, 22],
]
const expected = catalogue.flatMap(([letters, first, last]) =>
  Array.from({ length: last - first + 1 }, (_, at) => `${letters}${first + at}`),
)

type Row = { readonly id: string; readonly shown: string }

const rows: readonly Row[] = read("docs/scenarios.md")
  .split("\n")
  .flatMap((line) => {
    const [, id, , shown] = line.split("|").map((cell) => cell.trim())
    return id !== undefined && /^[A-Z]{2}\d+$/.test(id) ? [{ id, shown: shown ?? "" }] : []
  })

/** What a cell cites: `file`: title, one after the other with line breaks between. */
const citations = ({ shown }: Row): readonly { readonly file: string; readonly title: string }[] =>
  shown.split("<br>").flatMap((part) => {
    const found = /^`([^`]+)`: (.+)$/.exec(part.trim())
    return found === null ? [] : [{ file: found[1] ?? "", title: found[2] ?? "" }]
  })

/** Texts of a program as a reader sees them: without the line breaks and quotes of its formatting. */
const prose = (text: string): string => text.replaceAll(/[\\`"']/g, "").replaceAll(/\s+/g, " ")

test("every scenario of the catalogue has one row", () => {
  assert.deepEqual(
    rows.map(({ id }) => id),
    expected,
  )
})

test("a row cites tests, or says why there is none", () => {
  for (const row of rows)
    assert.ok(
      citations(row).length > 0 || /^(does not apply|not covered)/.test(row.shown),
      `${row.id}: ${row.shown}`,
    )
})

test("every test that a row cites exists", () => {
  for (const row of rows)
    for (const { file, title } of citations(row)) {
      assert.ok(existsSync(join(root, file)), `${row.id} cites ${file}, which does not exist`)
      assert.ok(
        prose(read(file)).includes(prose(title)),
        `${row.id}: ${file} has no test "${title}"`,
      )
    }
})

test("every test whose name begins with ids is cited in the rows of these ids", () => {
  const pattern = /["`']((?:(?:PA|CN|AF|ST|MG|OW)\d+ )*(?:PA|CN|AF|ST|MG|OW)\d+): /g
  const files = globSync(["test/**/*.ts", "sim/**/*.ts", "src/**/*.test.ts"], { cwd: root })
  for (const file of files)
    for (const [, ids] of read(file).matchAll(pattern))
      for (const id of (ids ?? "").split(" ")) {
        const row = rows.find((one) => one.id === id)
        assert.ok(row !== undefined, `${file}: ${id} is no scenario of docs/scenarios.md`)
        assert.ok(
          citations(row).some((one) => one.file === file),
          `docs/scenarios.md: ${id} does not cite ${file}`,
        )
      }
})
