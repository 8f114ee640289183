/**
 * A reporter of `node --test` that says only how many there were, which failed and with what words, in which files, and
 * how long each file took, for `scripts/test.ts` to add up.
 */
import type { TestEvent } from "node:test/reporters"

/** Of what a failed test said: its first part, where it tells what it waited for and what it saw last. */
export const wordsShown = 3_000

const wordsOf = ({ message, cause }: Error): string =>
  (cause instanceof Error ? cause.message : typeof cause === "string" ? cause : message).slice(
    0,
    wordsShown,
  )

// oxlint-disable-next-line import/no-default-export -- node --test-reporter takes a default export
export default async function* counts(source: AsyncIterable<TestEvent>): AsyncIterable<string> {
  const sum = { passed: 0, failed: 0, skipped: 0 }
  const failedFiles = new Set<string>()
  const failures: { test: string; words: string }[] = []
  const files: { file: string; seconds: number }[] = []
  for await (const event of source) {
    // A test knows the line that called test(), which may be in a suite that several files share.
    if (event.type === "test:summary") {
      const { file, success, duration_ms } = event.data
      if (file !== undefined && !success) failedFiles.add(file)
      if (file !== undefined) files.push({ file, seconds: duration_ms / 1000 })
      continue
    }
    if (event.type !== "test:pass" && event.type !== "test:fail") continue
    if (event.data.details.type === "suite") continue
    if (event.type === "test:fail") {
      sum.failed += 1
      failures.push({ test: event.data.name, words: wordsOf(event.data.details.error) })
      // A file that ended badly before it could sum up is reported as a test of its own name.
      if (event.data.nesting === 0 && event.data.name === event.data.file)
        failedFiles.add(event.data.file)
      continue
    }
    if (event.data.skip === undefined) sum.passed += 1
    else sum.skipped += 1
  }
  yield JSON.stringify({ ...sum, failedFiles: [...failedFiles], failures, files })
}
