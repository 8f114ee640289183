import assert from "node:assert/strict"
import { test } from "node:test"
import { type RoleChange, roleChangeDetails, roleChangeEvent } from "#core/failover/role-change.ts"
import { podName, term } from "#core/ids.ts"
import { RoleChangeFigures } from "./role-change-figures.ts"

const change: RoleChange = {
  kind: "failover",
  cause: "server-crashed",
  evidence: [],
  from: podName("c-0"),
  to: podName("c-1"),
  term: term(2),
  timeline: undefined,
  lsn: undefined,
  lossPossible: false,
  spans: { detect: 100, elect: 60, promote: 700, route: undefined },
  total: 900,
  routed: false,
}
const event = (of: RoleChange) => ({
  kind: roleChangeEvent(of.kind),
  details: roleChangeDetails(of),
})

test("role changes are counted by cause, and their phases that were seen are measured", () => {
  const figures = new RoleChangeFigures()
  figures.heard(event(change))
  figures.heard(event({ ...change, total: 3000 }))
  figures.heard({ kind: "instance.cloned", details: {} })
  figures.heard({ kind: "failover.completed", details: { term: "x" } })
  const text = figures.lines('pod="c-1"').join("\n")
  const changes =
    'pgswarm_failover_role_changes_total{pod="c-1",kind="failover",cause="server-crashed"} 2'
  assert.ok(text.includes(changes), text)
  const seconds = "pgswarm_failover_role_change_seconds"
  const total = 'pod="c-1",kind="failover",phase="total"'
  assert.ok(text.includes(`${seconds}_bucket{${total},le="1"} 1`))
  assert.ok(text.includes(`${seconds}_bucket{${total},le="4"} 2`))
  assert.ok(text.includes(`${seconds}_bucket{${total},le="+Inf"} 2`))
  assert.ok(text.includes(`${seconds}_sum{${total}} 3.9`))
  assert.ok(text.includes(`${seconds}_count{${total}} 2`))
  assert.ok(!text.includes('phase="route"'))
})
