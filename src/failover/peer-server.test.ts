/** The peer port over real TLS, with callers that must not get in. */
import assert from "node:assert/strict"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, before, test } from "node:test"
import { Code, ConnectError, createClient } from "@connectrpc/connect"
import { clusterName, podName, systemIdentifier, term, timeline } from "#core/ids.ts"
import { peerServerName, port } from "#core/names.ts"
import { lsn } from "#core/lsn.ts"
import { issue, newAuthority, type Pair } from "#io/certificates/authority.ts"
import { systemClock } from "#io/clock.ts"
import { silentLog } from "#io/log.ts"
import { openRpcClient } from "#io/rpc/client.ts"
import type { RpcServer } from "#io/rpc/server.ts"
import { encodeIdentity, encodePledge, encodeVote, PeerService } from "#wire/peer.ts"
import { peerDialler } from "./dial.ts"
import { Lanes } from "./lanes.ts"
import { LocalServer } from "./local-server.ts"
import { openPeerServer } from "./peer-server.ts"
import { Peers } from "./peers.ts"
import { ServerFiles } from "./server-files.ts"
import { RunningConfig, runningConfigWriter } from "./running-config.ts"
import { openVolume } from "./volume.ts"
import { Voter } from "./voter.ts"
import { newlyKnown, sidecarConfig } from "../../test/fixtures/known.ts"
import { identifier, plain } from "../../test/fixtures/situation.ts"

const cluster = clusterName("c")
const address = `127.79.${process.pid % 250}.1`
const folder = mkdtempSync(join(tmpdir(), "pg-swarm-peer-"))
const ended = new AbortController()
let server: RpcServer
let authority: Pair
let stranger: Pair

before(async () => {
  const now = Date.now()
  authority = await newAuthority("peers", now, 30)
  stranger = await newAuthority("others", now, 30)
  const own = await issue(authority, peerServerName(cluster), now, 30)
  const config = sidecarConfig({
    address,
    dataDir: folder,
    runDir: folder,
    configDir: folder,
    secretDir: folder,
    serviceAccountDir: folder,
  })
  const secrets = {
    superuserPassword: "x",
    replicationPassword: "y",
    peer: { ca: authority.certificate, certificate: own.certificate, key: own.key },
  }
  const members = [podName("c-0"), podName("c-1")]
  const known = newlyKnown({
    config,
    settings: { members, durability: "preferred", systemIdentifier: identifier, ...plain },
    marks: { term: term(3), served: undefined, vote: undefined, memberSets: [] },
  })
  known.pods = new Map([
    [
      podName("c-1"),
      {
        pod: podName("c-1"),
        uid: "uid-1",
        address,
        role: "replica",
        leaving: false,
        serverPrint: undefined,
      },
    ],
  ])
  const lanes = new Lanes(systemClock, silentLog, () => undefined, ended.signal)
  const running = new RunningConfig(
    runningConfigWriter(config, new ServerFiles(config), "y", () => "quorum"),
  )
  const local = new LocalServer({ runDir: folder, password: "x", now: () => systemClock.now() })
  const volume = openVolume(folder)
  const observe = () => known.observe(lanes, running)
  const base = { clock: systemClock, log: silentLog, config, known }
  const voter = new Voter({ ...base, server: local, volume, running, observe })
  const peers = new Peers({
    ...base,
    volume,
    dial: peerDialler(config, secrets),
    me: () => voter.me(),
  })
  server = await openPeerServer({ config, secrets, known, peers, voter, observe })
})

after(async () => {
  ended.abort()
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

const identity = {
  pod: podName("c-1"),
  uid: "uid-1",
  address,
  term: term(3),
  systemIdentifier: identifier,
}

/** Calls with a certificate of `by`, or with none; answers the code of the refusal. */
async function refused(
  by: Pair | undefined,
  call: (service: ReturnType<typeof createClient<typeof PeerService>>) => Promise<unknown>,
): Promise<Code> {
  const own = by === undefined ? undefined : await issue(by, peerServerName(cluster), Date.now(), 1)
  using client = openRpcClient({
    url: `https://${address}:${port.peer}`,
    authority: authority.certificate,
    serverName: peerServerName(cluster),
    messageBytesMax: 1024 * 1024,
    ...(own === undefined ? {} : { identity: own }),
  })
  try {
    await call(createClient(PeerService, client.transport))
  } catch (failure) {
    return ConnectError.from(failure).code
  }
  return assert.fail("it was answered")
}

const status = (from: object) => (service: ReturnType<typeof createClient<typeof PeerService>>) =>
  service.status({ from: encodeIdentity({ ...identity, ...from }) }, { timeoutMs: 5000 })

test("a member is heard", async () => {
  // It gets past the door; the answer is that this sidecar's supervisor has not been heard yet.
  assert.equal(await refused(authority, status({})), Code.Unavailable)
})

test("a caller without a certificate, or with one of another cluster, does not get in", async () => {
  // Past the door this request would be refused for another reason.
  for (const by of [undefined, stranger])
    assert.notEqual(await refused(by, status({ pod: podName("c-7") })), Code.PermissionDenied)
})

for (const [who, from] of [
  ["a pod that is no member", { pod: podName("c-7") }],
  ["a pod of another cluster", { pod: podName("d-1") }],
  ["another pod with this one's own name", { pod: podName("c-0"), uid: "uid-9" }],
  ["a former pod of the same name", { uid: "uid-of-before" }],
  ["data of another cluster", { systemIdentifier: systemIdentifier("99") }],
] as const)
  test(`${who} is refused`, async () =>
    assert.equal(await refused(authority, status(from)), Code.PermissionDenied))

test("malformed messages are refused by every call", async () => {
  const bad = [
    await refused(authority, (service) => service.status({}, { timeoutMs: 5000 })),
    await refused(authority, (service) => service.vote({ term: -1n }, { timeoutMs: 5000 })),
    await refused(authority, (service) => service.pledge({ term: 0n }, { timeoutMs: 5000 })),
  ]
  assert.deepEqual(bad, [Code.InvalidArgument, Code.InvalidArgument, Code.InvalidArgument])
})

test("a huge message is refused", async () => {
  const code = await refused(authority, status({ address: "x".repeat(500_000) }))
  assert.ok([Code.ResourceExhausted, Code.InvalidArgument].includes(code), String(code))
})

test("votes and pledges of strangers are refused too", async () => {
  const from = { ...identity, pod: podName("c-7"), timeline: timeline(1), receivedLsn: lsn(0n) }
  const vote = encodeVote({ candidate: from, term: term(9), cause: "expired", leaseVersion: "1" })
  assert.equal(
    await refused(authority, (service) => service.vote(vote, { timeoutMs: 5000 })),
    Code.PermissionDenied,
  )
  const pledge = encodePledge({ primary: from, term: term(9) })
  assert.equal(
    await refused(authority, (service) => service.pledge(pledge, { timeoutMs: 5000 })),
    Code.PermissionDenied,
  )
})
