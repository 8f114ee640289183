import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { checkCluster, checkProfile } from "#core/cluster/check.ts"
import { pgHba } from "#core/cluster/hba.ts"
import { postgresqlConf } from "#core/cluster/parameters.ts"
import type { ClusterSpec, ProfileSpec } from "#core/cluster/spec.ts"
import { clusterName, namespace } from "#core/ids.ts"
import { replicationUser } from "#core/names.ts"
import { bytes, gibibytes } from "#core/units.ts"
import { clusterSpec } from "../../../test/fixtures/cluster-spec.ts"

const good = clusterSpec({
  postgres: { major: 17, image: "docker.io/library/postgres:17.2" },
  data: { size: gibibytes(10), storageClass: undefined },
  resources: {
    cpuRequest: "250m",
    memoryRequest: "512Mi",
    cpuLimit: "2",
    memoryLimit: "1Gi",
  },
})

const fields = (changes: Partial<ClusterSpec>): readonly string[] =>
  checkCluster({ ...good, ...changes }).map(({ field }) => field)

test("which members may be candidates, and how far behind: each mistake at its field", () => {
  const failover = (more: Partial<ClusterSpec["failover"]>): readonly string[] =>
    fields({ failover: { ...good.failover, ...more } })
  assert.deepEqual(
    failover({ maxLagBytes: 0, onExcessLag: "ask", lagWaitSeconds: 0, priorities: [0, 100] }),
    [],
  )
  assert.deepEqual(failover({ maxLagBytes: -1 }), ["failover.maxLagBytes"])
  assert.deepEqual(failover({ lagWaitSeconds: 3601 }), ["failover.lagWaitSeconds"])
  assert.deepEqual(failover({ priorities: [1, 101, 1.5] }), [
    "failover.priorities[1]",
    "failover.priorities[2]",
  ])
  assert.deepEqual(failover({ priorities: [1, 1, 1, 1] }), ["failover.priorities"])
  assert.deepEqual(failover({ priorities: [0, 0, 0] }), ["failover.priorities"])
  assert.deepEqual(failover({ priorities: [0, 0] }), [])
})

test("a good spec has no problems", () => {
  assert.deepEqual(checkCluster(good), [])
  assert.deepEqual(checkProfile(good), [])
})

test("every problem is told at once, each with its field", () => {
  assert.deepEqual(
    fields({
      name: clusterName("Orders"),
      namespace: namespace("kube-system"),
      members: 0,
      postgres: { major: 17, image: "post gres" },
      data: { size: bytes(1), storageClass: "Fast_SSD" },
      wal: { size: bytes(Number.NaN), storageClass: undefined },
      resources: { cpuRequest: "3", memoryRequest: "2Gi", cpuLimit: "2", memoryLimit: "1Gi" },
      parameters: { fsync: "off" },
      hba: ["host all all all trust"],
    }),
    [
      "name",
      "namespace",
      "members",
      "postgres.image",
      "data.sizeBytes",
      "data.storageClass",
      "wal.sizeBytes",
      "resources.cpuRequest",
      "resources.memoryRequest",
      "parameters.fsync",
      "hba[0]",
    ],
  )
})

test("image references: those that a registry can serve, and no others", () => {
  for (const image of [
    "postgres",
    "postgres:17",
    "pg-swarm/postgres:17",
    "registry.example:5000/team/postgres-x:17.2-alpine",
    `ghcr.io/a/b@sha256:${"a".repeat(64)}`,
  ])
    assert.deepEqual(fields({ postgres: { major: 17, image } }), [], image)
  for (const image of ["", "a b", "postgres:", "UPPER/case:1:2", "x@sha256:12", "-x"])
    assert.deepEqual(fields({ postgres: { major: 17, image } }), ["postgres.image"], image)
})

test("quorum needs a standby to wait for", () => {
  const failover = { preset: "edge", durability: "quorum" } as const
  assert.deepEqual(fields({ members: 1, failover }), ["failover.durability"])
  assert.deepEqual(fields({ members: 2, failover }), [])
  assert.deepEqual(fields({ failover, parameters: { synchronous_commit: "off" } }), [
    "parameters.synchronous_commit",
  ])
})

test("pg-swarm's own parameters are refused in any spelling, with the reason", () => {
  for (const name of [
    "listen_addresses",
    "PRIMARY_CONNINFO",
    "synchronous_standby_names",
    "data_directory",
    "archive_command",
    "logging_collector",
    "include",
    "ssl",
    "zero_damaged_pages",
  ]) {
    const [problem, ...more] = checkCluster({ ...good, parameters: { [name]: "x" } })
    assert.equal(problem?.field, `parameters.${name}`)
    assert.match(problem.problem, /is set by pg-swarm: /)
    assert.deepEqual(more, [])
  }
})

test("names and values of parameters cannot smuggle in a line", () => {
  assert.deepEqual(fields({ parameters: { "work_mem = '1GB'\nfsync": "off" } }).length, 1)
  assert.deepEqual(fields({ parameters: { work_mem: "1MB'\nfsync = off" } }), [
    "parameters.work_mem",
  ])
  assert.deepEqual(fields({ parameters: { Work_Mem: "1MB", work_mem: "2MB" } }), [
    "parameters.work_mem",
  ])
})

test("members must be able to stream and to make slots", () => {
  assert.deepEqual(fields({ members: 5, parameters: { max_wal_senders: "5" } }), [
    "parameters.max_wal_senders",
  ])
  assert.deepEqual(fields({ parameters: { wal_level: "minimal" } }), ["parameters.wal_level"])
})

test("lines of pg_hba.conf: what is dangerous or would never match is refused", () => {
  const accepted = [
    "host all all 10.0.0.0/8 scram-sha-256",
    "host shop,crm +staff 192.168.1.1 255.255.255.255 scram-sha-256",
    'host "odd name" all samenet md5',
    "host all all ::1/128 reject",
    "host all app .example.com scram-sha-256  # the shop",
    "# only a remark",
  ]
  for (const line of accepted) assert.deepEqual(fields({ hba: [line] }), [], line)
  const refused = [
    "",
    "local all all trust",
    "host all all all trust",
    "host all all all password",
    "host all postgres all scram-sha-256",
    `host replication ${replicationUser} all scram-sha-256`,
    "hostssl all all all scram-sha-256",
    "host all @admins all scram-sha-256",
    "include /etc/passwd",
    "host all all 10.0.0.1 scram-sha-256",
    'host "all all all scram-sha-256',
    "host all all all scram-sha-256 \\",
    "host all all all scram-sha-256\nhost all all all trust",
    "host all all",
    "host all all all nonsense",
  ]
  for (const line of refused) assert.deepEqual(fields({ hba: [line] }), ["hba[0]"], line)
})

test("the superuser is kept out of the network before any line of the profile is tried", () => {
  const text = pgHba({ ...good, hba: ["host all all 0.0.0.0/0 scram-sha-256"] })
  const lines = text.split("\n")
  assert.ok(
    lines.indexOf("host all postgres all reject") <
      lines.indexOf("host all all 0.0.0.0/0 scram-sha-256"),
  )
  assert.ok(!/\btrust\b/.test(text))
  assert.equal(
    lines
      .filter((line) => line.startsWith("local"))
      .every((line) => line.endsWith("scram-sha-256")),
    true,
  )
})

/** Reads a value of postgresql.conf as PostgreSQL's lexer does: quotes doubled, backslash escapes. */
function unquoted(text: string): string {
  const inner = text.slice(1, -1)
  return inner.replaceAll(/''|\\(.)/g, (found, escaped: string | undefined) =>
    found === "''" ? "'" : (escaped ?? ""),
  )
}

test("any value that is accepted comes out of postgresql.conf as it went in", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (value) => {
      const spec: ProfileSpec = { ...good, parameters: { "app.motto": value } }
      if (checkProfile(spec).length > 0) return
      const line = postgresqlConf(spec)
        .split("\n")
        .find((one) => one.startsWith("app.motto = "))
      assert.ok(line !== undefined)
      assert.equal(unquoted(line.slice("app.motto = ".length)), value)
    }),
  )
})

test("the profile overrides defaults, and nothing overrides what safety rests on", () => {
  const conf = postgresqlConf({
    ...good,
    parameters: { Work_Mem: "32MB", MAX_CONNECTIONS: "250", wal_log_hints: "off" },
  })
  assert.match(conf, /^work_mem = '32MB'$/m)
  assert.match(conf, /^max_connections = '250'$/m)
  assert.match(conf, /^wal_log_hints = 'on'$/m)
  assert.match(conf, /^shared_buffers = '256MB'$/m)
})
