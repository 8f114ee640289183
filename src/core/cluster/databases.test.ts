import assert from "node:assert/strict"
import { isIP } from "node:net"
import { test } from "node:test"
import fc from "fast-check"
import { cidrProblem } from "./cidr.ts"
import {
  type ClusterDatabase,
  checkDatabases,
  cidrsProblems,
  databaseNameProblem,
  roleNameProblem,
} from "./databases.ts"
import { databaseHba } from "./hba.ts"

test("names with spaces, quotes and letters of any script are good up to 63 bytes", () => {
  for (const name of [
    "app",
    "my app",
    'a"b',
    "it's",
    "Größe",
    "数据库",
    "x".repeat(63),
    "é".repeat(31),
  ])
    assert.equal(databaseNameProblem(name) ?? roleNameProblem(name), undefined, name)
  assert.match(databaseNameProblem("x".repeat(64)) ?? "", /64 bytes/)
  // 32 letters, and 64 bytes: PostgreSQL would cut the last one in two.
  assert.match(roleNameProblem("é".repeat(32)) ?? "", /64 bytes/)
  assert.match(databaseNameProblem("\u{1f418}".repeat(16)) ?? "", /64 bytes/)
})

test("names that PostgreSQL or pg-swarm keep, and letters that no file holds, are refused with a reason", () => {
  for (const name of [
    "",
    "postgres",
    "template0",
    "template1",
    "templates",
    "a\nb",
    "\ud800",
    "/x",
  ])
    assert.notEqual(databaseNameProblem(name), undefined, JSON.stringify(name))
  for (const name of [
    "",
    "postgres",
    "pg_monitor",
    "pgswarm_replication",
    "pgswarm_door",
    "public",
    "none",
    "current_user",
    "a\u0000b",
  ])
    assert.notEqual(roleNameProblem(name), undefined, JSON.stringify(name))
})

test("a range is refused with what it should be", () => {
  for (const good of [
    "0.0.0.0/0",
    "10.0.0.0/8",
    "192.0.2.7/32",
    "::/0",
    "2001:db8::/32",
    "fe80::1/128",
  ])
    assert.equal(cidrProblem(good), undefined, good)
  assert.match(cidrProblem("10.0.0.7") ?? "", /10\.0\.0\.7\/32 is this one address/)
  assert.match(cidrProblem("10.1.2.3/8") ?? "", /10\.0\.0\.0\/8 is the range/)
  assert.match(cidrProblem("2001:db8:1::/32") ?? "", /2001:db8::\/32 is the range/)
  assert.match(cidrProblem("::ffff:a00:0/104") ?? "", /as IPv4/)
  for (const bad of [
    "",
    "x",
    "10.0.0/8",
    "010.0.0.0/8",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "::1::/64",
    "1:2:3:4:5:6:7/64",
    "::/129",
    "10.0.0.0/8 trust",
    "10.0.0.0/8/8",
    "10.0.0.0/08",
    "::1.2.3.4/128",
    "all",
    "example.com",
  ])
    assert.notEqual(cidrProblem(bad), undefined, bad)
  assert.deepEqual(cidrsProblems("allowedCidrs", ["10.0.0.0/8", "10.0.0.0/8"]), [
    { field: "allowedCidrs[1]", problem: "10.0.0.0/8 is there twice" },
  ])
})

test("what is no address for Node is no range for us, and the other way round", () => {
  const groups = fc.array(fc.stringMatching(/^[0-9a-f]{0,5}$/), { minLength: 1, maxLength: 9 })
  const v6 = groups.map((all) => all.join(":")).filter((text) => text.includes(":"))
  fc.assert(
    fc.property(fc.oneof(v6, fc.ipV6(), fc.ipV4()), (text) => {
      // Forms with an IPv4 tail are refused: pg_hba.conf never needs them.
      fc.pre(!(text.includes(":") && text.includes(".")))
      const problem = cidrProblem(`${text}/${text.includes(":") ? 128 : 32}`)
      if (problem?.includes("as IPv4") === true) return
      assert.equal(problem === undefined, isIP(text) !== 0, `${text}: ${problem}`)
    }),
  )
})

test("problems of a whole list are told all at once", () => {
  const database = (name: string, owner: string): ClusterDatabase => ({
    name,
    owner,
    revision: 1,
    allowedCidrs: ["10.0.0.1/8"],
    endSessions: true,
    dropping: undefined,
  })
  const problems = checkDatabases({
    roles: [{ name: "pg_x", revision: 1, verifier: "secret" }],
    databases: [database("a", "nobody"), database("a", "pg_x")],
  })
  assert.deepEqual(
    problems.map(({ field }) => field),
    [
      "roles[0].name",
      "roles[0].verifier",
      "databases[0].owner",
      "databases[0].allowedCidrs[0]",
      "databases[1].name",
      "databases[1].allowedCidrs[0]",
    ],
  )
})

/** pg_hba.conf as PostgreSQL reads it: the first line of the database that covers the address decides. */
function verdict(
  lines: readonly string[],
  name: string,
  address: string,
): "scram" | "reject" | "on" {
  for (const line of lines) {
    const found = /^host "((?:[^"]|"")*)" all (\S+) (scram-sha-256|reject)$/.exec(line)
    assert.ok(found, line)
    const [, quoted = "", range = "", method] = found
    if (quoted.replaceAll('""', '"') !== name) continue
    if (range === "all" || covers(range, address)) return method === "reject" ? "reject" : "scram"
  }
  return "on"
}

const asNumber = (address: string): number =>
  address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0)
const covers = (range: string, address: string): boolean => {
  const [network = "", bits = ""] = range.split("/")
  const size = 2 ** (32 - Number(bits))
  return Math.floor(asNumber(network) / size) === Math.floor(asNumber(address) / size)
}

test("C3: a limit lets in its own ranges, refuses all else, and says nothing of other databases", () => {
  const range = fc
    .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 32 }))
    .map(([third, bits]) => {
      const size = 2 ** (32 - bits)
      const network = Math.floor((10 * 2 ** 24 + third * 256 + 7) / size) * size
      return `${[24, 16, 8, 0].map((shift) => Math.floor(network / 2 ** shift) % 256).join(".")}/${bits}`
    })
  const name = fc.constantFrom("app", 'a"b', "all", "replication", "with space", "sameuser")
  const databases = fc.uniqueArray(fc.tuple(name, fc.uniqueArray(range, { maxLength: 3 })), {
    selector: ([one]) => one,
  })
  const address = fc
    .integer({ min: 0, max: 1023 })
    .map((at) => `10.0.${Math.floor(at / 256)}.${at % 256}`)
  fc.assert(
    fc.property(databases, address, name, (given, from, asked) => {
      const lines = databaseHba({
        roles: [],
        databases: given.map(([one, allowedCidrs]) => ({
          name: one,
          owner: "o",
          revision: 1,
          allowedCidrs,
          endSessions: true,
          dropping: undefined,
        })),
      })
      const limits = given.find(([one]) => one === asked)?.[1] ?? []
      const wanted =
        limits.length === 0 ? "on" : limits.some((one) => covers(one, from)) ? "scram" : "reject"
      assert.equal(verdict(lines, asked, from), wanted)
    }),
  )
})
