import assert from "node:assert/strict"
import { test } from "node:test"
import { Jobs } from "./jobs.ts"

test("a job that is lost while its order is on its way ends the job, not the sidecar", async () => {
  const jobs = new Jobs()
  const ordered = Promise.withResolvers<void>()
  const job = jobs.run("j", "clone", () => ordered.promise, new AbortController().signal)
  const refused = assert.rejects(job, /container was restarted/)
  jobs.lost()
  // A rejection that nobody handles ends the process in the turn after it.
  await new Promise(setImmediate)
  ordered.resolve()
  await refused
})
