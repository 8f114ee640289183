/** The supervisor's eye for a machine that stood still, on clocks that the test sets. */
import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"
import { stillUnnoticed } from "#core/failover/policy.ts"

const part = (name: string): string => readFileSync(join(import.meta.dirname, name), "utf8")
const stillMax = Number(/^still_max=(\d+)$/m.exec(part("supervisor.sh"))?.[1])

/** A turn of the supervisor; `held`: it was held up for so long between its readings of the two clocks. */
type Turn = { readonly mono: number; readonly wall: number; readonly held?: number }

/** Pauses that were seen, as "<monotonic instant> <length>". */
function seen(turns: readonly Turn[]): readonly string[] {
  const script = `
    unset EPOCHREALTIME
    ${part("server.sh")}
    still_max=${stillMax} still_window=10000 late_max=3000
    armed=1 kill_at=0
    clock() { now=$true_now; }
    stop_immediate() { :; }
    log() { :; }
    report() { echo "$now \${*#paused-vm }"; }
    while read -r now wall true_now; do
      planned=$now
      printf -v EPOCHREALTIME '%d.%06d' $((wall / 1000)) $((wall % 1000 * 1000))
      tend_clock
    done`
  const input = turns.map(({ mono, wall, held = 0 }) => `${mono - held} ${wall} ${mono}\n`).join("")
  const { stdout, stderr, status } = spawnSync("bash", ["-c", script], {
    input,
    encoding: "utf8",
    timeout: 20_000,
  })
  assert.equal(status, 0, stderr)
  return stdout.split("\n").filter((line) => line !== "")
}

const began = 1_700_000_000_000
/** A turn each `every` ms; `still` says how long the monotonic clock stood in all by a turn. */
const turns = (count: number, every: number, still: (at: number) => number): readonly Turn[] =>
  Array.from({ length: count }, (_, at) => ({
    mono: 50_000 + at * every,
    wall: began + at * every + still(at),
  }))

test("what the timing law allows for is more than what the supervisor overlooks", () => {
  assert.ok(stillMax > 0)
  assert.ok(stillMax < stillUnnoticed)
})

test("one pause with a standing clock is seen as soon as it is longer than the law allows for", () => {
  assert.deepEqual(seen(turns(20, 80, (at) => (at < 5 ? 0 : 510))), [`${50_000 + 5 * 80} 510`])
  assert.deepEqual(seen(turns(20, 80, (at) => (at < 5 ? 0 : 490))), [])
})

test("short pauses within the life of one right to serve add up; long ago they do not", () => {
  assert.equal(seen(turns(100, 80, (at) => Math.floor(at / 20) * 150)).length, 1)
  assert.deepEqual(seen(turns(1000, 80, (at) => Math.floor(at / 300) * 150)), [])
})

test("a wall clock that is set back is no pause", () => {
  assert.deepEqual(seen(turns(50, 80, (at) => (at < 20 ? 0 : -5000))), [])
})

test("a supervisor that was held up between its two readings reads again", () => {
  const quiet = turns(20, 80, () => 0)
  assert.deepEqual(seen(quiet.map((turn, at) => (at === 7 ? { ...turn, held: 900 } : turn))), [])
})
