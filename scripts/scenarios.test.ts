/** docs/scenarios.md and docs/defects.md are true: each id has one row, every test that it names exists, and none is left out. */
import assert from "node:assert/strict"
import { existsSync, globSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"

const root = join(import.meta.dirname, "..")
const read = (path: string): string => readFileSync(join(root, path), "utf8")

type Page = {
  readonly path: string
  /** The letters of a collection, and the first and last of its numbers that concern us. */
  readonly catalogue: readonly (readonly [string, number, number])[]
}

const pages: readonly Page[] = [
  {
    path: "docs/scenarios.md",
    catalogue: [
      ["PA", 1, 27],
      ["CN", 1, 25],
      ["AF", 1, 14],
      ["ST", 3, 9],
      ["MG", 1, 17],
      ["OW", 1, 22],
    ],
  },
  {
    path: "docs/defects.md",
    catalogue: [
      ["C", 1, 17],
      ["D", 1, 8],
    ],
  },
]

const idsOf = ({ catalogue }: Page): readonly string[] =>
  catalogue.flatMap(([letters, first, last]) =>
    Array.from({ length: last - first + 1 }, (_, at) => `${letters}${first + at}`),
  )

type Row = { readonly id: string; readonly shown: string }

const rowsOf = ({ path }: Page): readonly Row[] =>
  read(path)
    .split("\n")
    .flatMap((line) => {
      const [, id, , shown] = line.split("|").map((cell) => cell.trim())
      return id !== undefined && /^[A-Z]{1,2}\d+$/.test(id) ? [{ id, shown: shown ?? "" }] : []
    })

/** What a cell cites: `file`: title, one after the other with line breaks between. */
const citations = ({ shown }: Row): readonly { readonly file: string; readonly title: string }[] =>
  shown.split("<br>").flatMap((part) => {
    const found = /^`([^`]+)`: (.+)$/.exec(part.trim())
    return found === null ? [] : [{ file: found[1] ?? "", title: found[2] ?? "" }]
  })

/** Texts of a program as a reader sees them: without the line breaks and quotes of its formatting. */
const prose = (text: string): string => text.replaceAll(/[\\`"']/g, "").replaceAll(/\s+/g, " ")

for (const page of pages) {
  const rows = rowsOf(page)

  test(`${page.path}: every id of the catalogue has one row`, () => {
    assert.deepEqual(
      rows.map(({ id }) => id),
      idsOf(page),
    )
  })

  test(`${page.path}: a row cites tests, or says why there is none`, () => {
    for (const row of rows)
      assert.ok(
        citations(row).length > 0 || /^(does not apply|not covered)/.test(row.shown),
        `${row.id}: ${row.shown}`,
      )
  })

  test(`${page.path}: every test that a row cites exists`, () => {
    for (const row of rows)
      for (const { file, title } of citations(row)) {
        assert.ok(existsSync(join(root, file)), `${row.id} cites ${file}, which does not exist`)
        assert.ok(
          prose(read(file)).includes(prose(title)),
          `${row.id}: ${file} has no test "${title}"`,
        )
      }
  })

  test(`${page.path}: every test whose name begins with ids is cited in the rows of these ids`, () => {
    const id = `(?:${page.catalogue.map(([letters]) => letters).join("|")})\\d+`
    const pattern = new RegExp(`["\`']((?:${id} )*${id}): `, "g")
    const files = globSync(["test/**/*.ts", "sim/**/*.ts", "src/**/*.test.ts"], { cwd: root })
    for (const file of files)
      for (const [, ids] of read(file).matchAll(pattern))
        for (const one of (ids ?? "").split(" ")) {
          const row = rows.find((other) => other.id === one)
          assert.ok(row !== undefined, `${file}: ${one} is no row of ${page.path}`)
          assert.ok(
            citations(row).some((cited) => cited.file === file),
            `${page.path}: ${one} does not cite ${file}`,
          )
        }
  })
}
