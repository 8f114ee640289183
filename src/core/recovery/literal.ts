/**
 * A text that every match of a pattern contains. Looking for it is a hundred times cheaper than trying
 * the pattern, and nearly every message of a log fails at it.
 */

/** Shorter ones are found everywhere. */
const leastLiteral = 4
const special = new Set("\\^$.|?*+()[]{}")

/** The longest run of plain characters that stands outside of everything optional; undefined when there is none. */
export function requiredLiteral(pattern: string): string | undefined {
  // Flags change what plain characters mean, quoting what special ones do.
  if (pattern.includes("(?") || pattern.includes("\\Q") || !/^[\x20-\x7e]*$/.test(pattern))
    return undefined
  let best = ""
  let run = ""
  let depth = 0
  const end = (): void => {
    if (run.length > best.length) best = run
    run = ""
  }
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at] ?? ""
    if (character === "\\") {
      const escaped = pattern[at + 1] ?? ""
      at += 1
      if (depth === 0 && special.has(escaped)) run += escaped
      else end()
      // \x{263A}, \pN, \p{Greek}: what they take is not plain.
      if (/[pPx0-7]/.test(escaped)) return undefined
    } else if (character === "[") {
      end()
      at = endOfClass(pattern, at)
    } else if (character === "(") {
      end()
      depth += 1
    } else if (character === ")") {
      end()
      depth -= 1
    } else if (character === "|") {
      if (depth === 0) return undefined
      end()
    } else if ("?*{".includes(character)) {
      // What stands before may be missing.
      run = run.slice(0, -1)
      end()
      if (character === "{") at = Math.max(at, pattern.indexOf("}", at))
    } else if (special.has(character)) {
      end()
    } else if (depth === 0) {
      run += character
    }
  }
  end()
  return best.length < leastLiteral ? undefined : best
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
