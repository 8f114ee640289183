import assert from "node:assert/strict"
import { test } from "node:test"
import { parseReport, parseReportFile, parseStatus } from "./status-line.ts"

const line = (running: string, rest = ""): string =>
  `seq=7 nonce=abc at=1000 running=${running} postmaster=12 term=3 deadline=5000 job=j-1 name=clone progress=42 terminating=1 ${rest}end=7   \n`

test("a status line is read into what runs", () => {
  assert.deepEqual(parseStatus(line("primary")), {
    bootNonce: "abc",
    running: { kind: "primary", postmaster: 12, term: 3 },
    deadline: 5000,
    at: 1000,
    terminating: true,
    progress: 42,
  })
  assert.deepEqual(parseStatus(line("job"))?.running, { kind: "job", job: "j-1", name: "clone" })
  assert.deepEqual(parseStatus(line("nothing"))?.running, { kind: "nothing" })
})

test("a volume that is not well is in the status, nonsense about it is not", () => {
  assert.deepEqual(parseStatus(line("primary", "disk=hanging,WAL,900 "))?.disk, {
    kind: "hanging",
    volume: "WAL",
    since: 900,
  })
  for (const said of ["well", "hanging", "hanging,tape,1", "full,data,x", "lost,data,1"])
    assert.equal(parseStatus(line("primary", `disk=${said} `))?.disk, undefined)
})

test("a status line caught in the middle of a write is not believed", () => {
  const whole = line("primary")
  for (let length = 0; length < whole.trimEnd().length; length += 1)
    assert.equal(parseStatus(whole.slice(0, length)), undefined)
  assert.equal(parseStatus(whole.replace("end=7", "end=6")), undefined)
})

test("a kind of running that this version does not know is not believed", () => {
  assert.equal(parseStatus(line("dancing")), undefined)
})

test("a report file is read up to its last whole line", () => {
  assert.deepEqual(parseReportFile("boot ab12\n1 server-started 9\n2 server-go"), {
    bootNonce: "ab12",
    lines: [{ number: 1, words: ["server-started", "9"] }],
  })
  assert.equal(parseReportFile(""), undefined)
  assert.equal(parseReportFile("1 server-started 9\n"), undefined)
})

test("reports carry what happened, answers and unknown lines are none", () => {
  assert.deepEqual(parseReport(["server-gone", "fenced", "137"], ""), {
    kind: "server-gone",
    cause: "fenced",
    exitCode: 137,
  })
  assert.deepEqual(parseReport(["job-ended", "j-1", "1"], "why"), {
    kind: "job-ended",
    job: "j-1",
    exitCode: 1,
    output: "why",
  })
  assert.equal(parseReport(["answer", "id", "done"], ""), undefined)
  assert.equal(parseReport(["server-gone", "bored", "0"], ""), undefined)
})
