import assert from "node:assert/strict"
import { test } from "node:test"
import { podName, term } from "#core/ids.ts"
import { confirmed, type MemberSets } from "#core/failover/member-sets.ts"
import { silentLog } from "#io/log.ts"
import { MemberSetMarks } from "./member-set-marks.ts"

const set = (...ordinals: readonly number[]) => ordinals.map((ordinal) => podName(`c-${ordinal}`))
const [three, four] = [set(0, 1, 2), set(0, 1, 2, 3)]

function holder() {
  const written: MemberSets[] = []
  const writes: (() => void)[] = []
  const known = {
    marks: { term: term(1), served: term(1), vote: undefined, memberSets: confirmed(three) },
    memberSets: confirmed(three),
    stands(members: MemberSets[number]): void {
      known.memberSets = confirmed(members)
    },
  }
  const volume = {
    writeMemberSets: (sets: MemberSets) =>
      new Promise<void>((resolve) => {
        writes.push(() => {
          written.push(sets)
          resolve()
        })
      }),
  }
  const flush = async (): Promise<void> => {
    await settled()
    for (const write of writes.splice(0)) write()
    await settled()
  }
  return { known, written, flush, marks: new MemberSetMarks({ known, volume, log: silentLog }) }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test("R5: a member set is on disk before it is sent, and a renewal meanwhile says the old one", async () => {
  const { marks, written, flush } = holder()
  assert.deepEqual(marks.sendable(four, three), three)
  assert.deepEqual(marks.sendable(four, three), three)
  await flush()
  assert.deepEqual(written, [[three, four]])
  // The renewal that went out with the old set is confirmed: what is to be sent next stays on the disk.
  marks.settled()
  await flush()
  assert.deepEqual(marks.sendable(four, three), four)
  assert.equal(written.length, 1)
})

test("what is history is forgotten when a later write was confirmed", async () => {
  const { known, marks, written, flush } = holder()
  marks.sendable(four, three)
  await flush()
  marks.sendable(four, three)
  known.memberSets = confirmed(four)
  marks.settled()
  await flush()
  assert.deepEqual(written.at(-1), [four])
})

test("who stands for a term knows the set that it will write, and no other", async () => {
  const { marks, written, flush } = holder()
  marks.sendable(four, three)
  await flush()
  const standing = marks.stands(three)
  await flush()
  await standing
  assert.deepEqual(written.at(-1), [three])
})
