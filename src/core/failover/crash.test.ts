/** What a primary makes of a crash, by what it last knew of its standbys. */
import assert from "node:assert/strict"
import { test } from "node:test"
import type { PodName } from "#core/ids.ts"
import { decide } from "#core/failover/decide.ts"
import type { MemberStatus } from "#core/failover/member.ts"
import {
  leading,
  members,
  now,
  policy,
  primaryServer,
  statusOf,
} from "../../../test/fixtures/situation.ts"
import { crashedData, down, seasoned } from "../../../test/fixtures/decisions.ts"

/** Whom a crashed primary names when its peers, asked after its last look, say this; undefined: it restarts. */
function successorWhen(said: Partial<MemberStatus>): PodName | undefined {
  const status = (pod: PodName): MemberStatus => statusOf(pod, said)
  const seen = leading({
    server: down("crashed"),
    data: crashedData,
    lastPrimary: primaryServer(),
    peers: new Map(
      [members[1], members[2]].map((pod) => [
        pod,
        { address: "10.0.0.1", status: status(pod), askedAt: now + 1 },
      ]),
    ),
  })
  for (const action of decide(policy, seasoned, seen).actions)
    if (action.kind === "write-lease" && action.purpose === "release")
      return action.content.successor
  return undefined
}

test("a standby that streams takes over, although it said a moment ago that its server starts", () => {
  const starting = { eligible: false, reason: "its server does not answer yet" }
  assert.equal(successorWhen({ ...starting, server: "starting" }), members[1])
})

test("a standby that may not become primary is not named", () => {
  assert.equal(successorWhen({ eligible: false, reason: "its pod is being stopped" }), undefined)
})
