/**
 * One run of a PostgreSQL server: recovery, streaming, commits that wait for synchronous standbys,
 * promotion, stops. It never decides anything; it does what it is told, in its own time.
 */
import type { PodName, SystemIdentifier, Term } from "#core/ids.ts"
import { timeline } from "#core/ids.ts"
import { presetPolicies } from "#core/failover/policy.ts"
import { lsn } from "#core/lsn.ts"
import type { Agenda } from "./agenda.ts"
import type { Checker } from "./checker.ts"
import type { Dice } from "./dice.ts"
import { Link, mayStream } from "./link.ts"
import type { Network } from "./network.ts"
import { type Machine, Process } from "./process.ts"
import type { Branch, Commit, PgData } from "./wal.ts"

/** What all servers of a world share. */
export type Ground = {
  readonly agenda: Agenda
  readonly dice: Dice
  readonly network: Network
  readonly checker: Checker
  readonly serverAt: (address: string) => Postgres | undefined
  readonly note: (text: string) => void
  readonly newSystem: () => SystemIdentifier
  readonly quorum: () => boolean
  /** Whether the Lease names a synchronous set now. */
  readonly recordsWaiting: () => boolean
}

/** What the configuration file says. */
export type Running = {
  readonly follows: string | undefined
  readonly names: readonly PodName[]
  /** Why clients are refused. */
  readonly refusing: string | undefined
}

export const initially: Running = { follows: undefined, names: [], refusing: undefined }

const commitEvery = 45
/** A walsender and the sessions that wait take a new setting a while after it is shown. */
const takesSettingWithin = 300
/** So long after waking a server may still serve that is to be ended: PROTOCOL.md, "Known limits". */
export const wakesWithin = presetPolicies.fast.fenceWithin

export class Postgres {
  readonly ground: Ground
  readonly pod: PodName
  readonly machine: Machine
  readonly process: Process
  readonly data: PgData
  mode: "standby" | "primary"
  phase: "starting" | "up" | "stopping" = "starting"
  shown: Running
  #names: readonly PodName[]
  /** Term that the supervisor armed it with; only for the checker. */
  readonly armed: () => Term | undefined
  readonly links = new Set<Link>()
  receiver: Link | undefined
  #received = false
  #replayFrom: bigint
  #replayBegan = 0
  #replayEnds = 0
  readonly #replayTakes: number
  #waiting: Commit[] = []
  #promoting = false
  readonly slots = new Set<PodName>()
  termRow: Term | undefined
  /** Sessions of clients are there. */
  #clients: boolean

  constructor(
    ground: Ground,
    of: {
      readonly pod: PodName
      readonly machine: Machine
      readonly data: PgData
      readonly mode: "standby" | "primary"
      readonly running: Running
      readonly armed: () => Term | undefined
      readonly replayTakes: number
    },
  ) {
    this.ground = ground
    this.pod = of.pod
    this.machine = of.machine
    this.process = new Process(of.machine)
    this.data = of.data
    this.mode = of.mode
    this.shown = of.running
    this.#names = of.running.names
    this.#clients = of.running.refusing === undefined
    this.armed = of.armed
    this.#replayTakes = of.replayTakes
    this.#replayFrom = of.data.minRecoveryEnd > 0n ? of.data.minRecoveryEnd : of.data.end
    this.#start()
  }

  #start(): void {
    const { dice } = this.ground
    const { data } = this
    const clean = data.state === "shut down" || data.state === "shut down in recovery"
    const recovery = clean ? 0 : dice.chance(0.1) ? dice.between(1000, 6000) : dice.between(0, 800)
    if (this.mode === "standby") data.state = "in archive recovery"
    this.process.after(dice.between(60, 300) + recovery, () => {
      this.phase = "up"
      if (this.mode === "primary") return this.#open()
      this.#replayBegan = this.ground.agenda.now
      const backlog = data.end > this.#replayFrom
      const takes = backlog
        ? dice.chance(0.2)
          ? dice.between(500, 5000)
          : dice.between(0, 400)
        : 0
      this.#replayEnds = this.ground.agenda.now + (backlog ? Math.max(takes, this.#replayTakes) : 0)
      this.#receiveLoop()
    })
  }

  get pending(): boolean {
    return this.ground.agenda.now < this.#replayEnds
  }

  /** `pg_last_wal_replay_lsn()`. */
  get replayed(): bigint {
    const { now } = this.ground.agenda
    if (now >= this.#replayEnds) return this.data.end
    const share = (now - this.#replayBegan) / (this.#replayEnds - this.#replayBegan)
    const backlog = this.data.end - this.#replayFrom
    return this.#replayFrom + BigInt(Math.floor(Number(backlog) * share))
  }

  /** `greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())`: what lies on the disk unread is not in it. */
  get position(): bigint {
    return this.#received ? this.data.end : this.replayed
  }

  /** All WAL on its disk was replayed, or a walreceiver says where it ends. */
  get readAll(): boolean {
    return this.#received || !this.pending
  }

  // ---- standby -----------------------------------------------------------------------------------

  #receiveLoop(): void {
    if (this.mode !== "standby" || !this.process.alive) return
    if (this.receiver === undefined && !this.pending && !this.#promoting) this.#connect()
    this.process.after(this.ground.dice.between(200, 600), () => this.#receiveLoop(), true)
  }

  #connect(): void {
    const { network, agenda, note, checker } = this.ground
    const address = this.shown.follows
    const source = address === undefined ? undefined : this.ground.serverAt(address)
    if (source === undefined || source === this) return
    if (!network.linked(this.pod, source.pod) || !source.process.awake) return
    if (source.phase !== "up" || source.data.system !== this.data.system) return
    agenda.quietly(network.delay() + network.delay(), () => {
      if (!this.process.awake || !source.process.awake || source.phase !== "up") return
      if (this.receiver !== undefined || this.shown.follows !== address) return
      if (this.mode !== "standby" || this.#promoting) return
      const { branch, end } = source.data
      const may = mayStream(branch, end, this.data.branch, this.data.end)
      // `requested WAL segment has already been removed`: it is asked for again and again, in vain.
      if (may === "no" || this.data.end < source.data.oldest) return
      if (may === "mistaken") {
        const twins = `${this.pod} and ${source.pod} have each a timeline ${branch.tli}`
        if (!checker.excusesTwins && !checker.excusesLoss) checker.broken(`R13: ${twins}`)
        note(twins)
        checker.twins += 1
        checker.excusesLoss = true
        return
      }
      this.#received = true
      this.data.streamed = true
      this.receiver = new Link(source, this)
      source.links.add(this.receiver)
      note(`${this.pod} streams from ${source.pod} at ${this.data.end}`)
      this.receiver.ship()
    })
  }

  receive(branch: Branch, to: bigint): void {
    if (this.mode !== "standby") return
    const { data } = this
    data.branch = branch
    data.topTli = Math.max(data.topTli, branch.tli)
    if (to > data.end) data.end = to
    for (const link of this.links) link.ship()
  }

  /** The link to whom this server follows is gone. */
  disconnected(link: Link): void {
    if (this.receiver === link) this.receiver = undefined
  }
  /** A standby is gone. */
  dropped(link: Link): void {
    this.links.delete(link)
  }

  reload(running: Running): void {
    const before = this.shown
    this.shown = running
    const { dice } = this.ground
    if (before.follows !== running.follows && this.receiver !== undefined) {
      const old = this.receiver
      this.process.after(dice.between(5, 120), () => old.close(), true)
    }
    if (running.refusing === undefined) this.#admit()
    this.process.after(
      dice.between(5, takesSettingWithin),
      () => {
        this.#names = this.shown.names
        this.release()
      },
      true,
    )
  }

  promote(done: () => void): void {
    if (this.mode !== "standby" || this.phase !== "up" || this.#promoting) return done()
    const { dice, agenda } = this.ground
    if (dice.chance(0.02)) return done() // it never comes about
    this.#promoting = true
    const replay = Math.max(0, this.#replayEnds - agenda.now)
    this.process.after(dice.between(5, 40), () => this.receiver?.close(), true)
    const takes = dice.chance(0.05) ? dice.between(1000, 4000) : dice.between(40, 250)
    this.process.after(replay + takes, () => this.#promoted())
    done()
  }

  #promoted(): void {
    if (this.phase !== "up") return
    const { data } = this
    this.receiver?.close()
    const tli = timeline(Math.max(data.topTli, data.branch.tli) + 1)
    data.branch = { system: data.system, tli, parent: data.branch, forkAt: data.end }
    data.topTli = tli
    data.end += 40n
    data.isBackup = false
    this.mode = "primary"
    this.ground.note(`${this.pod} is promoted to timeline ${tli} at ${data.branch.forkAt}`)
    this.process.after(this.ground.dice.between(1000, 8000), () => this.checkpoint(), true)
    this.#open()
  }

  // ---- primary -----------------------------------------------------------------------------------

  #open(): void {
    const { data, ground } = this
    data.state = "in production"
    data.minRecoveryEnd = lsn(0n)
    data.minRecoveryTli = timeline(0)
    this.#names = this.shown.names
    this.mode = "primary"
    const armed = this.armed()
    if (armed === undefined) ground.checker.broken(`S3: ${this.pod} is writable without a term`)
    else ground.checker.opens(this.pod, armed, data.branch, data.end, ground.quorum())
    for (const link of this.links) link.ship()
    if (this.#clients) this.#commitLoop()
  }

  #commitLoop(): void {
    this.process.after(
      this.ground.dice.between(commitEvery / 2, commitEvery * 1.5),
      () => {
        if (this.mode !== "primary" || !this.#clients) return
        if (this.phase === "up") this.commit()
        this.#commitLoop()
      },
      true,
    )
  }

  commit(): Commit | undefined {
    const armed = this.armed()
    if (armed === undefined) return undefined
    this.data.end += 64n
    const { branch, end } = this.data
    const commit: Commit = { branch, lsn: end, term: armed, by: this.pod }
    this.#waiting.push(commit)
    if (this.#waiting.length > 50) this.#waiting.shift() // the client gave up: nobody knows
    for (const link of this.links) link.ship()
    this.process.after(this.ground.dice.between(0, 3), () => this.release(), true)
    return commit
  }

  /** Whether `commit` is acknowledged. */
  isSure(commit: Commit): boolean {
    return !this.#waiting.includes(commit)
  }

  /** Acknowledges what is safe by the setting in force. */
  release(): void {
    if (this.mode !== "primary" || this.#waiting.length === 0 || !this.process.awake) return
    const { ground, machine } = this
    const sure = this.#sureUpTo()
    const still: Commit[] = []
    for (const commit of this.#waiting) {
      if (commit.lsn > sure) still.push(commit)
      else {
        commit.between = this.#betweenOf(ground.recordsWaiting())
        const woke = ground.agenda.now - machine.wokeAt < wakesWithin || machine.unguarded()
        ground.checker.acknowledge(commit, ground.agenda.now, woke && !ground.quorum())
      }
    }
    this.#waiting = still
  }

  /**
   * A commit that waited for nobody is between record and setting when the Lease names somebody by then, and as long as
   * this server goes without names: it may die of a failover before it gets them.
   */
  #betweenOf(recorded: boolean): () => boolean {
    const { ground } = this
    const names = this.#names
    if (names.length > 0) return () => false
    return () => recorded || (this.#names === names && ground.recordsWaiting())
  }

  #sureUpTo(): bigint {
    if (this.#names.length === 0) return this.data.end
    let most = -1n
    for (const link of this.links)
      if (this.#names.includes(link.standby.pod) && link.flushed > most) most = link.flushed
    return most
  }

  get sessions(): number {
    return this.#clients && this.mode === "primary" ? 3 : 0
  }

  /** Ends what clients do; they come back at once unless they are refused. */
  endSessions(): number {
    const ended = this.sessions
    this.#waiting = []
    if (this.shown.refusing !== undefined || this.phase === "stopping") this.#clients = false
    return ended
  }

  #admit(): void {
    if (this.#clients) return
    this.#clients = true
    if (this.mode === "primary" && this.phase === "up") this.#commitLoop()
  }

  checkpoint(): void {
    const { data } = this
    if (this.mode !== "primary" || this.phase !== "up") return
    data.checkpoint = lsn(data.end)
    data.end += 24n
    data.checkpointTli = data.branch.tli
    for (const link of this.links) link.ship()
  }

  // ---- ends --------------------------------------------------------------------------------------

  /** Everything of it is gone at this instant. */
  die(): void {
    if (!this.process.alive) return
    const { data, ground } = this
    if (this.mode === "standby") {
      // What was not yet flushed into the data files is read again from the WAL.
      const behind = this.replayed - BigInt(ground.dice.between(0, 3000))
      const least = data.branch.forkAt > 0n ? data.branch.forkAt : 1n
      data.minRecoveryEnd = lsn(behind > least ? behind : least)
      data.minRecoveryTli = data.branch.tli
    }
    this.process.kill()
    for (const link of [...this.links, ...(this.receiver === undefined ? [] : [this.receiver])]) {
      const [a, b] = link.pods
      const noticed = ground.network.linked(a, b) ? ground.dice.between(1, 60) : 3000
      ground.agenda.quietly(noticed, () => link.close())
    }
  }

  /** Clients out, a shutdown checkpoint that the standbys get, the end. `gone` is told when that is so. */
  stopFast(gone: () => void): void {
    const { dice } = this.ground
    this.phase = "stopping"
    this.process.after(dice.between(5, 60), () => {
      this.endSessions()
      if (this.mode === "standby") {
        this.process.after(dice.between(20, 200), () => {
          this.data.checkpoint = lsn(this.replayed)
          this.die()
          this.data.state = "shut down in recovery"
          gone()
        })
        return
      }
      this.process.after(dice.between(10, 150), () => {
        const { data } = this
        data.checkpoint = lsn(data.end)
        data.end += 24n
        data.checkpointTli = data.branch.tli
        for (const link of this.links) link.ship()
        this.#untilShipped(() => {
          this.die()
          data.state = "shut down"
          gone()
        })
      })
    })
  }

  #untilShipped(then: () => void): void {
    if ([...this.links].every((link) => link.flushed >= this.data.end)) then()
    else this.process.after(20, () => this.#untilShipped(then))
  }
}
