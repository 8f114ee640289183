/**
 * Texts of which every match of a pattern contains one. Looking for them is a hundred times cheaper than
 * trying the pattern, and nearly every message of a log fails at it. Where this is not sure it knows nothing.
 */

/** Shorter ones are found everywhere. */
const leastLiteral = 4
const special = new Set("\\^$.|?*+()[]{}")

/** The longest run of plain characters that no match can be without, or one such run for each alternative. */
export function requiredLiterals(pattern: string): readonly string[] | undefined {
  // Flags change what plain characters mean, quoting what special ones do; \pN and \x41 take what follows.
  if (pattern.includes("(?") || /\\[QpPx0-7]/.test(pattern) || !/^[\x20-\x7e]*$/.test(pattern))
    return undefined
  return literalsOf(pattern)
}

function literalsOf(pattern: string): readonly string[] | undefined {
  const { runs, groups, alternatives } = taken(pattern)
  if (alternatives.length > 1) {
    const each = alternatives.map(literalsOf)
    return each.every((literals) => literals !== undefined) ? each.flat() : undefined
  }
  const best = runs.toSorted((a, b) => b.length - a.length)[0]
  if (best !== undefined && best.length >= leastLiteral) return [best]
  for (const group of groups) {
    const literals = literalsOf(group)
    if (literals !== undefined) return literals
  }
  return undefined
}

/** A pattern taken apart at its outermost level; `runs` and `groups` only hold what is there in every match. */
function taken(pattern: string): {
  readonly runs: readonly string[]
  readonly groups: readonly string[]
  readonly alternatives: readonly string[]
} {
  const runs: string[] = []
  const groups: string[] = []
  const alternatives: string[] = []
  let [run, from] = ["", 0]
  const end = (): void => {
    if (run !== "") runs.push(run)
    run = ""
  }
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? ""
    if (character === "\\") {
      at += 1
      const escaped = pattern[at] ?? ""
      if (special.has(escaped)) run += escaped
      else end()
    } else if (character === "[") {
      end()
      at = endOfClass(pattern, at)
    } else if (character === "(") {
      end()
      const close = endOfGroup(pattern, at)
      if (!"?*{".includes(pattern[close + 1] ?? " ")) groups.push(pattern.slice(at + 1, close))
      at = close
    } else if (character === "|") {
      end()
      alternatives.push(pattern.slice(from, at))
      from = at + 1
    } else if ("?*{".includes(character)) {
      // What stands before may be missing.
      run = run.slice(0, -1)
      end()
      if (character === "{") at = Math.max(at, pattern.indexOf("}", at))
    } else if (special.has(character)) end()
    else run += character
  }
  end()
  return { runs, groups, alternatives: [...alternatives, pattern.slice(from)] }
}

function endOfGroup(pattern: string, from: number): number {
  let depth = 0
  for (let at = from; at < pattern.length; at += 1) {
    const character = pattern[at]
    if (character === "\\") at += 1
    else if (character === "[") at = endOfClass(pattern, at)
    else if (character === "(") depth += 1
    else if (character === ")") {
      depth -= 1
      if (depth === 0) return at
    }
  }
  return pattern.length
}

function endOfClass(pattern: string, from: number): number {
  let at = from + 1
  if (pattern[at] === "^") at += 1
  if (pattern[at] === "]") at += 1
  for (; at < pattern.length && pattern[at] !== "]"; at += 1) {
    if (pattern[at] === "\\") at += 1
    else if (pattern[at] === "[" && pattern[at + 1] === ":")
      at = Math.max(at, pattern.indexOf(":]", at) + 1)
  }
  return at
}
