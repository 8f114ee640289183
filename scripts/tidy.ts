/**
 * The house rules that no linter knows, checked as a test. Each finding says what to do instead.
 *
 * Files too long, drawers for everything in a path, work left for later in the code, escape hatches
 * from the type checker, invariants without a test, dependencies without a sentence, banned synonyms.
 */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"

const root = join(import.meta.dirname, "..")
const linesMax = 600
/** Lint rules switched off in place; the number may only fall. */
const lintDisablesMax = 40

type Finding = { readonly where: string; readonly what: string }
type Source = { readonly path: string; readonly text: string }

const read = (path: string): string => readFileSync(join(root, path), "utf8")

const tracked: readonly string[] = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "" && existsSync(join(root, path)))

const sources: readonly Source[] = tracked
  .filter((path) => /\.(ts|tsx|sh|sql|proto|css)$/.test(path) && !path.includes("/gen/"))
  .map((path) => ({ path, text: read(path) }))

function* shape(): Iterable<Finding> {
  for (const { path, text } of sources) {
    const lines = text.split("\n").length
    if (lines > linesMax)
      yield { where: path, what: `${lines} lines: split it by idea (at most ${linesMax})` }
    if (
      /(^|\/)(utils?|helpers?|common|misc)(\/|\.[a-z]+$)/.test(path) &&
      path !== "src/wire/rest/common.ts"
    )
      yield { where: path, what: "name it for what it holds, not as a drawer for everything" }
  }
}

const forbidden: readonly (readonly [RegExp, string])[] = [
  [
    /\b(FIXME|TODO|XXX|HACK)\b/,
    "do it now, or write it down where the next person looks for open work",
  ],
  [
    /\b(test|it|describe)\.(only|skip|todo)\(/,
    "run every test, or delete it; leave out by a condition that is printed",
  ],
  [/\bas any\b|: any\s*(?:[,;)=\]>|&]|$)/, "parse it at the edge into a type"],
  [/@ts-(ignore|nocheck|expect-error)/, "mend the type"],
  [/\bas unknown as\b/, "parse it, or change the type that does not fit"],
]

function* words(): Iterable<Finding> {
  for (const { path, text } of sources) {
    if (path === "scripts/tidy.ts") continue
    for (const [index, line] of text.split("\n").entries())
      for (const [pattern, instead] of forbidden)
        if (pattern.test(line))
          yield { where: `${path}:${index + 1}`, what: `${pattern.exec(line)?.[0]}: ${instead}` }
  }
}

/** The glossary: one word for one thing (design section 6). */
const synonyms: readonly (readonly [RegExp, string])[] = [
  [/(?<!system:)\b(master|slave)s?\b/i, "primary, standby or replica"],
  [/\bsplit[- ]?brained\b/i, "two writers"],
  [/\bleader election id\b/i, "term"],
  [/\bepoch number\b/i, "term"],
]

function* glossary(): Iterable<Finding> {
  for (const { path, text } of sources) {
    if (path === "scripts/tidy.ts") continue
    for (const [index, line] of text.split("\n").entries())
      for (const [pattern, word] of synonyms)
        if (pattern.test(line)) yield { where: `${path}:${index + 1}`, what: `say ${word}` }
  }
}

function* disables(): Iterable<Finding> {
  let count = 0
  for (const { path, text } of sources)
    for (const [index, line] of text.split("\n").entries()) {
      if (!/oxlint-disable/.test(line) || path === "scripts/tidy.ts") continue
      count += 1
      const above = text.split("\n")[index - 1] ?? ""
      if (!/oxlint-disable[^\n]* -- \S/.test(line) && !/^\s*(\/\/|\/\*\*|\*)/.test(above))
        yield {
          where: `${path}:${index + 1}`,
          what: "a lint rule switched off needs its reason after ` -- ` or in the comment above it",
        }
    }
  if (count > lintDisablesMax)
    yield {
      where: "src",
      what: `${count} lint rules switched off in place, at most ${lintDisablesMax}`,
    }
}

const invariantId = /\b([SLR][1-9]\d?)\b/g
const testFile = /\.(test|suite|e2e)\.tsx?$/

/** The ids that the titles of a file's tests name; a planted mistake is a test with its name as title. */
function titledIds({ path, text }: Source): ReadonlySet<string> {
  const titles =
    path === "sim/mutants.ts"
      ? /\bname:\s*(["'`])(.*?)\1/g
      : /\btest(?:Once|ByVersion)?\(\s*(["'`])(.*?)\1/gs
  return new Set(
    [...text.matchAll(titles)].flatMap(([, , title = ""]) =>
      [...title.matchAll(invariantId)].map(([, id = ""]) => id),
    ),
  )
}

/**
 * Invariants and rules are numbered in PROTOCOL.md. Each cites files whose tests name it in their titles, and
 * neither a test nor a comment of the protocol names one that is not there.
 */
function* invariants(): Iterable<Finding> {
  if (!existsSync(join(root, "PROTOCOL.md"))) {
    yield { where: "PROTOCOL.md", what: "missing" }
    return
  }
  const items = new Map(
    [...read("PROTOCOL.md").matchAll(/^- \*\*([SLR][1-9]\d?)\*\* ([^]*?)(?=^- |^#|^\S)/gm)].map(
      ([, id = "", text = ""]) => [id, text],
    ),
  )
  const ofProtocol = sources.filter(({ path }) =>
    /^(src\/core\/failover|src\/failover|src\/io\/supervisor|test\/pg|sim)\//.test(path),
  )
  for (const source of ofProtocol) {
    const { path, text } = source
    const shown = testFile.test(path) || path === "sim/mutants.ts"
    const named = shown
      ? titledIds(source)
      : [...text.matchAll(/\(([SLR][1-9]\d?)\)/g)].map(([, id = ""]) => id)
    for (const id of named)
      if (!items.has(id)) yield { where: path, what: `${id} is nothing that PROTOCOL.md numbers` }
  }
  for (const [id, text] of items) yield* shownBy(id, text, ofProtocol)
}

function* shownBy(id: string, text: string, files: readonly Source[]): Iterable<Finding> {
  const cited = [...text.slice(text.indexOf("_Shown by_")).matchAll(/`([\w./-]+\.ts)`/g)]
  if (!text.includes("_Shown by_") || cited.length === 0)
    yield {
      where: "PROTOCOL.md",
      what: `${id} is shown by nothing: name the test that would fail without it`,
    }
  for (const [, name = ""] of cited) {
    const file = files.find(({ path }) => path === name || path.endsWith(`/${name}`))
    if (file === undefined)
      yield { where: "PROTOCOL.md", what: `${id} cites ${name}, which does not exist` }
    else if (!titledIds(file).has(id))
      yield {
        where: file.path,
        what: `PROTOCOL.md says that it shows ${id}, and no title of a test names that`,
      }
  }
}

function* dependencies(): Iterable<Finding> {
  const manifest: unknown = JSON.parse(read("package.json"))
  const page = existsSync(join(root, "docs/dependencies.md")) ? read("docs/dependencies.md") : ""
  if (typeof manifest !== "object" || manifest === null) return
  const names = ["dependencies", "devDependencies"].flatMap((key) =>
    Object.keys((key in manifest ? Reflect.get(manifest, key) : {}) ?? {}),
  )
  for (const name of names)
    if (!page.includes(`\`${name}\``))
      yield {
        where: "docs/dependencies.md",
        what: `\`${name}\` has no sentence: what for, and why not ourselves`,
      }
  for (const [named] of page.matchAll(/^\| `([^`]+)`/gm).map((found) => [found[1] ?? ""] as const))
    if (!names.includes(named))
      yield {
        where: "docs/dependencies.md",
        what: `\`${named}\` is no dependency any more: delete its row`,
      }
}

/** A page that names a file which is gone tells lies. */
function* documents(): Iterable<Finding> {
  for (const path of tracked.filter((name) => name.endsWith(".md"))) {
    for (const found of read(path).matchAll(
      /`((?:src|test|scripts|docs|deploy|proto|bench|sim)\/[\w./-]+)`/g,
    )) {
      const named = (found[1] ?? "").replace(/\/$/, "")
      if (!named.includes("*") && !existsSync(join(root, named)))
        yield { where: path, what: `names ${named}, which does not exist` }
    }
  }
}

const rules = [shape, words, glossary, disables, invariants, dependencies, documents]
const findings = rules.flatMap((rule) => [...rule()])
for (const { where, what } of findings) console.error(`${where}: ${what}`)
console.log(findings.length === 0 ? "tidy" : `${findings.length} things to tidy`)
process.exit(findings.length === 0 ? 0 : 1)
