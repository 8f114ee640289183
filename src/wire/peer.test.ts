import assert from "node:assert/strict"
import { test } from "node:test"
import { create, fromBinary, toBinary } from "@bufbuild/protobuf"
import fc from "fast-check"
import { podName, systemIdentifier, term, timeline } from "#core/ids.ts"
import { lsn } from "#core/lsn.ts"
import { millis } from "#core/units.ts"
import type { MemberStatus } from "#core/failover/member.ts"
import {
  MemberStatusSchema,
  PledgeRequestSchema,
  VoteRequestSchema,
} from "./gen/pgswarm/v1/peer_pb.ts"
import {
  encodeMemberStatus,
  encodePledge,
  encodeVote,
  parseMemberStatus,
  parsePledge,
  parseVote,
} from "./peer.ts"

const status: MemberStatus = {
  pod: podName("c-1"),
  uid: "0f0e",
  address: "10.0.0.1",
  term: term(7),
  systemIdentifier: systemIdentifier("7123456789012345678"),
  data: "present",
  server: "standby",
  timeline: timeline(3),
  receivedLsn: lsn(0xffff_ffff_ffff_fff0n),
  replayedLsn: lsn(12n),
  streamsFrom: podName("c-0"),
  synchronous: true,
  priority: -1,
  eligible: false,
  reason: "its server is down",
  receiverSilence: millis(250),
}

test("a status arrives as it was sent", () => {
  const bytes = toBinary(MemberStatusSchema, encodeMemberStatus(status))
  assert.deepEqual(parseMemberStatus(fromBinary(MemberStatusSchema, bytes)), {
    kind: "ok",
    value: status,
  })
})

test("what is not known stays unknown", () => {
  const bare = {
    ...status,
    systemIdentifier: undefined,
    streamsFrom: undefined,
    receiverSilence: undefined,
  }
  const parsed = parseMemberStatus(encodeMemberStatus(bare))
  assert.deepEqual(parsed, { kind: "ok", value: bare })
})

test("a vote and a pledge arrive as they were asked", () => {
  const vote = { candidate: status, term: term(8), cause: "expired", leaseVersion: "10" } as const
  const parsedVote = parseVote(
    fromBinary(VoteRequestSchema, toBinary(VoteRequestSchema, encodeVote(vote))),
  )
  assert.ok(parsedVote.kind === "ok")
  assert.equal(parsedVote.value.candidate.receivedLsn, status.receivedLsn)
  assert.equal(parsedVote.value.leaseVersion, "10")
  const parsedPledge = parsePledge(encodePledge({ primary: status, term: term(8) }))
  assert.ok(parsedPledge.kind === "ok" && parsedPledge.value.term === 8)
})

test("everything that is wrong with a message is told at once, by field", () => {
  const parsed = parseVote(create(VoteRequestSchema, { candidate: { pod: "", term: -4n } }))
  assert.ok(parsed.kind === "bad")
  const fields = parsed.problems.map(({ field }) => field)
  for (const field of [
    "candidate.pod",
    "candidate.pod_uid",
    "candidate.address",
    "candidate.term",
    "term",
    "cause",
    "lease_version",
  ])
    assert.ok(fields.includes(field), `${field} in ${fields.join(", ")}`)
  assert.equal(parsePledge(create(PledgeRequestSchema)).kind, "bad")
  assert.equal(parseMemberStatus(create(MemberStatusSchema)).kind, "bad")
})

test("bytes of anything at all are parsed or refused, never half taken", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      let wire
      try {
        wire = fromBinary(MemberStatusSchema, bytes)
      } catch {
        return
      }
      const parsed = parseMemberStatus(wire)
      if (parsed.kind === "ok") assert.notEqual(parsed.value.pod, "")
    }),
  )
})
