/** Jobs end by their report, or with the supervisor that ran them. */
import assert from "node:assert/strict"
import { test } from "node:test"
import { Jobs } from "./jobs.ts"

const never = new AbortController().signal
const begun = (): Promise<void> => Promise.resolve()

test("a job ends with its report", async () => {
  const jobs = new Jobs()
  const running = jobs.run("1", "clone", begun, never)
  await begun()
  jobs.ended({ kind: "job-ended", job: "2", exitCode: 1, output: "another" })
  jobs.ended({ kind: "job-ended", job: "1", exitCode: 0, output: "well" })
  assert.equal(await running, "well")
})

test("a job that died with its container is not waited for", async () => {
  const jobs = new Jobs()
  const running = jobs.run("1", "clone", begun, never)
  jobs.lost()
  await assert.rejects(running, { code: "JOB_LOST" })
})
