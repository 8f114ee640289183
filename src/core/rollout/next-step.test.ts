import assert from "node:assert/strict"
import { test } from "node:test"
import type { MemberConfig } from "#core/cluster/member-config.ts"
import { podName, type PodName, term } from "#core/ids.ts"
import { type Deed, type Next, nextStep } from "#core/rollout/next-step.ts"
import { primaryIn, type Situation } from "#core/rollout/situation.ts"
import { standbySensitive } from "#core/rollout/passes.ts"

/**
 * A cluster as small as can be: members that run with some values, a file that wants others, and PostgreSQL's rule
 * that no standby runs with less than its primary. Each deed is done at once, or breaks where the test says.
 */
class World {
  readonly members: {
    pod: PodName
    uid: number
    run: number
    image: string
    values: Record<string, number>
    /** What its WAL asks for. */
    needs: Record<string, number>
    down: boolean
  }[]
  wanted: Record<string, number>
  image: string
  primary: PodName
  term = 1
  together = false
  paused = false
  readonly deeds: string[] = []

  constructor(count: number, values: Record<string, number>) {
    this.wanted = values
    this.image = "one"
    this.members = Array.from({ length: count }, (_, at) => ({
      pod: podName(`c-${at}`),
      uid: at,
      run: 1,
      image: "one",
      values: { ...values },
      needs: { ...values },
      down: false,
    }))
    this.primary = podName("c-0")
  }

  #member(pod: PodName) {
    const found = this.members.find((one) => one.pod === pod)
    assert.ok(found !== undefined)
    return found
  }

  #start(pod: PodName): void {
    const member = this.#member(pod)
    member.run += 1
    member.values = { ...this.wanted }
    if (pod !== this.primary)
      for (const [name, least] of Object.entries(member.needs))
        if (standbySensitive.has(name))
          member.values[name] = Math.max(member.values[name] ?? 0, least)
    this.#replay()
  }

  /** Everybody hears what the primary has. */
  #replay(): void {
    const lead = this.#member(this.primary)
    for (const member of this.members) member.needs = { ...lead.values }
  }

  /** Who has less than its primary, and so does not replay any more. */
  get stalled(): readonly string[] {
    const lead = this.#member(this.primary)
    return this.members.flatMap(({ pod, values }) =>
      [...standbySensitive.keys()].some((name) => (values[name] ?? 0) < (lead.values[name] ?? 0))
        ? [pod]
        : [],
    )
  }

  situation(): Situation {
    return {
      members: this.members.map(({ pod, uid, run, image, down, values, needs }) => ({
        pod,
        uid: String(uid),
        deleting: false,
        stuck: false,
        outdated: image !== this.image,
        role: pod === this.primary ? "primary" : "standby",
        trouble: down ? "is down" : undefined,
        mayLead: true,
        config: this.#config(pod === this.primary, run, values, needs),
      })),
      term: term(this.term),
      print: "p",
      replaces: true,
      together: this.together,
      ordered: new Set(),
      leftAlone: new Set(),
      paused: this.paused,
      busy: undefined,
    }
  }

  #config(
    leads: boolean,
    run: number,
    values: Readonly<Record<string, number>>,
    needs: Readonly<Record<string, number>>,
  ): MemberConfig {
    const given = (name: string): number =>
      leads || !standbySensitive.has(name)
        ? (this.wanted[name] ?? 0)
        : Math.max(this.wanted[name] ?? 0, needs[name] ?? 0)
    const names = Object.keys(this.wanted)
    return {
      print: "p",
      refused: [],
      refusedPrint: undefined,
      startedAt: run,
      held: leads ? [] : names.filter((name) => given(name) > (this.wanted[name] ?? 0)),
      pending: names
        .filter((name) => given(name) !== values[name])
        .map((name) => ({
          name,
          moves: !standbySensitive.has(name)
            ? "other"
            : given(name) < (values[name] ?? 0)
              ? "down"
              : "up",
        })),
    }
  }

  /** Nothing that is done may keep a standby from replaying; an accident may, and that is mended. */
  do(deed: Deed): void {
    const before = this.stalled
    this.#do(deed)
    for (const pod of this.stalled) assert.ok(before.includes(pod), `${pod} stops replaying`)
  }

  #do(deed: Deed): void {
    switch (deed.kind) {
      case "restart":
        this.deeds.push(`restart ${deed.members.map(({ pod }) => pod).join(" ")}`)
        for (const { pod } of deed.members) this.#start(pod)
        return
      case "replace":
        this.deeds.push(`replace ${deed.pod}`)
        this.#member(deed.pod).image = this.image
        this.#member(deed.pod).uid += 100
        return this.#start(deed.pod)
      case "hand-over": {
        this.deeds.push(`hand-over ${deed.pod}`)
        return this.failover()
      }
    }
  }

  /** Another member leads; the one that did starts anew as its standby. */
  failover(): void {
    const next = this.members.find(({ pod, down }) => pod !== this.primary && !down)
    assert.ok(next !== undefined)
    const old = this.#member(this.primary)
    this.primary = next.pod
    this.term += 1
    old.needs = { ...next.values }
    this.#start(old.pod)
  }

  /** Until there is nothing more to do; `before` may break something before each deed. */
  settle(before: (count: number) => void = () => undefined): Next {
    for (let count = 0; count < 40; count += 1) {
      const next = nextStep(this.situation())
      if (next.kind !== "act") return next
      before(count)
      // What was broken is seen first.
      const now = nextStep(this.situation())
      if (now.kind === "act") this.do(now.deed)
    }
    assert.fail(`it never ends: ${this.deeds.join(", ")}`)
  }
}

const change = (from: Record<string, number>, to: Record<string, number>, count = 3): World => {
  const world = new World(count, from)
  world.wanted = to
  return world
}

test("a parameter that is read at start: standbys first, the last ordinal first, then the primary hands over", () => {
  const world = change({ shared_buffers: 1 }, { shared_buffers: 2 })
  assert.equal(world.settle().kind, "done")
  assert.deepEqual(world.deeds, ["restart c-2", "restart c-1", "hand-over c-0"])
})

test("what standbys need rises on standbys first", () => {
  const world = change({ max_connections: 100 }, { max_connections: 200 })
  world.settle()
  assert.deepEqual(world.deeds, ["restart c-2", "restart c-1", "hand-over c-0"])
})

test("and falls on the primary first, in its place; other parameters come with it", () => {
  const world = change(
    { max_connections: 200, shared_buffers: 1 },
    { max_connections: 100, shared_buffers: 2 },
  )
  world.settle()
  assert.deepEqual(world.deeds, ["restart c-0", "restart c-2", "restart c-1"])
  assert.equal(world.term, 1)
})

test("a change that does both takes two rounds", () => {
  const world = change(
    { max_connections: 100, max_worker_processes: 16 },
    { max_connections: 200, max_worker_processes: 8 },
  )
  assert.equal(world.settle().kind, "done")
  assert.deepEqual(world.deeds, [
    "restart c-2",
    "restart c-1",
    "hand-over c-0",
    "restart c-1",
    "restart c-2",
    "restart c-0",
  ])
})

test("together: the primary in its term, then all others at once", () => {
  const world = change({ wal_level: 1 }, { wal_level: 2 })
  world.together = true
  world.settle()
  assert.deepEqual(world.deeds, ["restart c-0", "restart c-1 c-2"])
  assert.equal(world.term, 1)
})

test("the only member restarts where it is", () => {
  const world = change({ max_connections: 200 }, { max_connections: 100 }, 1)
  world.settle()
  assert.deepEqual(world.deeds, ["restart c-0"])
})

test("another image: pods one by one, the primary's after it handed over; what waits for a restart comes with it", () => {
  const world = change(
    { shared_buffers: 1, max_connections: 9 },
    { shared_buffers: 2, max_connections: 7 },
  )
  world.image = "two"
  world.settle()
  assert.deepEqual(world.deeds.slice(0, 4), [
    "replace c-2",
    "replace c-1",
    "hand-over c-0",
    "replace c-0",
  ])
  assert.ok(
    world.members.every(({ image, values }) => image === "two" && values["max_connections"] === 7),
  )
})

test("where no standby may lead, the primary restarts in its place after them", () => {
  const world = change({ shared_buffers: 1 }, { shared_buffers: 2 }, 2)
  world.settle()
  assert.deepEqual(world.deeds, ["restart c-1", "hand-over c-0"])
  const other = change({ shared_buffers: 1 }, { shared_buffers: 2 }, 2)
  const seen = (): Situation => {
    const now = other.situation()
    return { ...now, members: now.members.map((one) => ({ ...one, mayLead: one.pod === "c-0" })) }
  }
  for (let next = nextStep(seen()); next.kind === "act"; next = nextStep(seen()))
    other.do(next.deed)
  assert.deepEqual(other.deeds, ["restart c-1", "restart c-0"])
})

test("nobody restarts while another member is missing, and it is said who", () => {
  const world = change({ shared_buffers: 1 }, { shared_buffers: 2 })
  const [, second] = world.members
  assert.ok(second !== undefined)
  second.down = true
  const next = nextStep(world.situation())
  assert.ok(next.kind === "wait")
  assert.match(next.why, /c-1 is down/)
})

test("a value that PostgreSQL refuses fails the version by its name, and nothing restarts", () => {
  const world = change({ shared_buffers: 1 }, { shared_buffers: 2 })
  const seen = world.situation()
  const refused = [{ name: "timezone", problem: "'Mars': could not be applied" }]
  const members = seen.members.map((one) =>
    one.config === undefined ? one : { ...one, config: { ...one.config, refused } },
  )
  const next = nextStep({ ...seen, members })
  assert.ok(next.kind === "failed")
  assert.match(next.why, /c-0 refuses timezone: 'Mars'/)
})

test("a pause stops before the next member, and a newer config takes over half-way", () => {
  const world = change({ shared_buffers: 1 }, { shared_buffers: 2 })
  const paused = world.settle((count) => {
    if (count === 1) world.paused = true
  })
  assert.ok(paused.kind === "wait")
  assert.match(paused.why, /paused/)
  assert.deepEqual(world.deeds, ["restart c-2"])
  world.paused = false
  world.wanted = { shared_buffers: 1 }
  world.settle()
  assert.deepEqual(world.deeds, ["restart c-2", "restart c-2"], "only it had the newer value")
})

test("people's order to reload only is kept, and the version says what waits", () => {
  const world = change({ shared_buffers: 1 }, { shared_buffers: 2 })
  const next = nextStep({ ...world.situation(), leftAlone: new Set(["shared_buffers"]) })
  assert.ok(next.kind === "wait")
  assert.match(next.why, /shared_buffers comes into force with a restart only/)
})

test("a failover before any deed, whichever it is: the change still ends, and nothing that was done stalls a standby", () => {
  const cases: readonly (readonly [Record<string, number>, Record<string, number>])[] = [
    [{ shared_buffers: 1 }, { shared_buffers: 2 }],
    [{ max_connections: 200 }, { max_connections: 100 }],
    [
      { max_connections: 200, max_worker_processes: 8 },
      { max_connections: 100, max_worker_processes: 8 },
    ],
  ]
  for (const [from, to] of cases)
    for (const together of [false, true])
      for (let at = 0; at < 6; at += 1) {
        const world = change(from, to)
        world.together = together
        const end = world.settle((count) => {
          if (count === at) world.failover()
        })
        assert.equal(end.kind, "done", `${JSON.stringify(to)} at ${at}: ${world.deeds.join(", ")}`)
        for (const { values } of world.members) assert.deepEqual(values, to)
      }
})

test("a member that does not come back after any deed holds the rest up, and all goes on when it does", () => {
  for (let at = 0; at < 3; at += 1) {
    const world = change({ shared_buffers: 1 }, { shared_buffers: 2 })
    let broken: (typeof world.members)[number] | undefined
    const held = world.settle((count) => {
      if (count !== at + 1) return
      const pod = world.deeds.at(-1)?.split(" ").at(1)
      broken = world.members.find((one) => one.pod === pod)
      if (broken !== undefined) broken.down = true
    })
    if (broken === undefined) continue
    assert.equal(held.kind, "wait")
    assert.equal(world.deeds.length, at + 1)
    broken.down = false
    assert.equal(world.settle().kind, "done")
  }
  assert.equal(primaryIn(new World(3, {}).situation())?.pod, "c-0")
})

test("whoever is of an earlier template and does not say what is in force is told how to mend it", () => {
  const world = new World(3, { work_mem: 4 })
  const seen = world.situation()
  const silent = (outdated: boolean): Situation => ({
    ...seen,
    members: seen.members.map((member, at) =>
      at === 1 ? { ...member, outdated, config: undefined } : member,
    ),
  })
  const [fresh, old] = [nextStep(silent(false)), nextStep(silent(true))]
  assert.ok(fresh.kind === "wait" && old.kind === "wait")
  assert.match(fresh.why, /did not say yet what is in force there$/)
  assert.match(old.why, /may be older than this satellite.*delete these pods one after another/)
})
