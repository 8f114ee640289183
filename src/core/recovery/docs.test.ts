import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { builtInRules } from "#core/recovery/built-in.ts"
import { dataExamples } from "#core/recovery/examples-data.ts"
import { serviceExamples } from "#core/recovery/examples-service.ts"
import { type RecoveryRule, ruleCategories } from "#core/recovery/rule.ts"

const page = join(import.meta.dirname, "../../../docs/recovery-rules.md")
const examples = new Map([...dataExamples, ...serviceExamples].map((one) => [one.rule, one]))

const cell = (text: string): string => text.replaceAll("|", "\\|")

function row(rule: RecoveryRule): readonly string[] {
  const { count, withinSeconds } = rule.threshold
  return [
    `\`${rule.name}\``,
    rule.action,
    `${rule.cooldownSeconds} s${count === 1 ? "" : `, ${count} in ${withinSeconds} s`}`,
    cell(rule.description),
    `\`${cell(examples.get(rule.name)?.takes[0] ?? "")}\``,
  ]
}

/** As the formatter leaves it: every column as wide as its widest cell. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const width = (at: number): number => Math.max(...rows.map((cells) => (cells[at] ?? "").length))
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((text, at) => text + " ".repeat(width(at) - text.length)).join(" | ")} |`
  const [head = [], ...rest] = rows
  return [
    line(head),
    `| ${head.map((_, at) => "-".repeat(width(at))).join(" | ")} |`,
    ...rest.map(line),
  ]
}

const wanted = ruleCategories
  .map((category) => {
    const rules = builtInRules.rules.filter((rule) => rule.category === category)
    const head = ["rule", "action", "cooldown, threshold", "meaning", "takes, for example"]
    return [`### ${category}`, "", ...table([head, ...rules.map(row)])].join("\n")
  })
  .join("\n\n")

test("the page about recovery rules shows every built-in rule as it is (PG_SWARM_WRITE_DOCS=1 writes it)", () => {
  const text = readFileSync(page, "utf8")
  const from = text.indexOf("-->", text.indexOf("<!-- table:")) + "-->".length
  const to = text.indexOf("<!-- end of table -->")
  assert.ok(from > 3 && to > from)
  if (process.env["PG_SWARM_WRITE_DOCS"] !== undefined)
    writeFileSync(page, `${text.slice(0, from)}\n\n${wanted}\n\n${text.slice(to)}`)
  else assert.equal(text.slice(from, to).trim(), wanted)
})
