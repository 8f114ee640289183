/**
 * Patterns that people write, on RE2's semantics: no backtracking, so that none can hang a process,
 * whatever text a server's log puts before it.
 */
import { RE2JS, RE2JSException } from "re2js"
import type { Problem } from "#core/parsed.ts"
import { checkPatterns, type CompilePattern } from "#core/recovery/check.ts"
import type { RuleSet } from "#core/recovery/rule.ts"

/** Repetitions are unrolled: a short pattern can make a huge program. */
const programMax = 5000

/** Compiles `pattern` in RE2's syntax; a bad one is told with the place of its fault, counted from 1. */
export const compilePattern: CompilePattern = (pattern) => {
  try {
    const compiled = RE2JS.compile(pattern)
    const size = compiled.programSize()
    if (size > programMax)
      return { kind: "bad", problem: `is too large: ${size} steps, at most ${programMax}` }
    return { kind: "ok", matcher: { matches: (text) => compiled.test(text) } }
  } catch (failure) {
    if (!(failure instanceof RE2JSException)) throw failure
    return { kind: "bad", problem: faultOf(failure, pattern) }
  }
}

function faultOf(failure: RE2JSException, pattern: string): string {
  const error = "error" in failure && typeof failure.error === "string" ? failure.error : undefined
  const fragment = "input" in failure && typeof failure.input === "string" ? failure.input : ""
  if (error === undefined) return `is not in RE2's syntax: ${failure.message}`
  const place = fragment === "" ? -1 : pattern.indexOf(fragment)
  const where = place < 0 ? "" : ` at character ${place + 1}`
  return `is not in RE2's syntax${where}: ${error}${fragment === "" ? "" : `, in ${fragment}`}`
}

/** What is wrong with the patterns of a set that somebody wants to use; the built-in set is undefined and right. */
export const patternProblems = (set: RuleSet | undefined): readonly Problem[] =>
  set === undefined ? [] : checkPatterns(set, compilePattern)
