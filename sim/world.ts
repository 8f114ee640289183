/** A whole cluster at its site: members, API, network, and what the satellite does for them. */
import { clusterName, memberPod, type PodName, systemIdentifier, term } from "#core/ids.ts"
import type { Durability, Preset } from "#core/cluster/spec.ts"
import type { LeaseContent } from "#core/failover/lease.ts"
import type { Fields } from "#io/log.ts"
import { type PodConfig, podConfigSchema } from "#wire/pod-config.ts"
import { policyFor, settingsFor } from "../src/failover/config.ts"
import { Agenda } from "./agenda.ts"
import { ApiServer } from "./api-server.ts"
import { Checker } from "./checker.ts"
import { Coverage } from "./coverage.ts"
import { Dice } from "./dice.ts"
import { Member, type Site } from "./member.ts"
import { Network } from "./network.ts"
import type { Ground } from "./postgres.ts"

export type Options = {
  readonly seed: number
  readonly members: number
  readonly durability: Durability
  readonly preset: Preset
  readonly verbose: boolean
}

const recordEvery = 1000
const logMax = 4000

export class World {
  readonly options: Options
  readonly dice: Dice
  readonly agenda = new Agenda()
  readonly checker = new Checker()
  readonly coverage = new Coverage()
  readonly network: Network
  readonly api: ApiServer
  readonly members: Member[] = []
  readonly log: string[] = []
  config: PodConfig
  /** Someone changed what only a machine should: afterwards a named state is as good as a writable cluster. */
  needsPerson: string | undefined
  #highestTerm = 0
  readonly #site: Site
  #systems = 0

  constructor(options: Options) {
    this.options = options
    this.dice = new Dice(options.seed)
    const { agenda, dice, checker } = this
    this.network = new Network(agenda, dice)
    this.api = new ApiServer(agenda, dice, (problem) => checker.broken(problem))
    checker.isGranted = (term) => this.api.grantee(term) !== undefined
    this.config = podConfigSchema.parse({
      cluster: "c",
      namespace: "n",
      clusterId: "00000000-0000-4000-8000-000000000000",
      members: options.members,
      preset: options.preset,
      durability: options.durability,
      satelliteAddress: "satellite:9091",
      paused: false,
    })
    const ground: Ground = {
      agenda,
      dice,
      network: this.network,
      checker,
      serverAt: (address) =>
        this.members.find((member) => member.lives && member.address === address)?.server,
      note: (text) => this.note(text),
      quorum: () => this.config.durability === "quorum",
      recordsWaiting: () => (this.api.lease?.syncSet.length ?? 0) > 0,
      newSystem: () => {
        this.#systems += 1
        return systemIdentifier(String(7_000_000 + this.#systems))
      },
    }
    this.#site = {
      ground,
      api: this.api,
      coverage: this.coverage,
      podConfig: () => this.config,
      calleeAt: (address) =>
        this.members.find(({ address: own, sidecar }) => sidecar !== undefined && own === address)
          ?.sidecar?.callee,
      told: (pod, kind, fields) => this.#told(pod, kind, fields),
      verbose: options.verbose,
    }
    this.api.put(this.#newLease())
    for (let ordinal = 0; ordinal < options.members; ordinal += 1) this.addMember(ordinal)
    this.#keepRecord()
  }

  note(text: string): void {
    if (!this.options.verbose) return
    this.log.push(`${(this.agenda.now / 1000).toFixed(3).padStart(8)} ${text}`)
    if (this.log.length > logMax) this.log.shift()
  }

  addMember(ordinal: number): Member {
    const member = new Member(memberPod(clusterName("c"), ordinal), ordinal, this.#site)
    this.members.push(member)
    this.agenda.after(this.dice.between(0, 500), () => member.start(true))
    return member
  }

  named(pod: PodName): Member | undefined {
    return this.members.find((member) => member.pod === pod)
  }

  get alive(): readonly Member[] {
    return this.members.filter(({ wanted }) => wanted)
  }

  /** Passes on a changed configuration to each member in its own time, as a mounted file does. */
  configure(
    change: Partial<PodConfig>,
    within: (member: Member) => number = () => this.dice.between(50, 3000),
  ): void {
    this.config = { ...this.config, ...change }
    for (const member of this.members)
      this.agenda.after(within(member), () => {
        const { sidecar } = member
        sidecar?.process.deliver(() => {
          const { known, podConfig, config } = sidecar.parts
          podConfig.current = this.config
          known.policy = policyFor(this.config)
          known.settings = settingsFor(config, this.config)
          known.changed()
        })
      })
  }

  /** Lets go of everything that still waits for something. */
  end(): void {
    for (const member of this.members) member.kill()
  }

  // ---- the satellite -----------------------------------------------------------------------------

  #newLease(): LeaseContent {
    const { systemIdentifier: identifier } = this.config
    return {
      holder: undefined,
      term: term(this.#highestTerm),
      durationSeconds: 0,
      members: Array.from({ length: this.config.members }, (_, ordinal) =>
        memberPod(clusterName("c"), ordinal),
      ),
      syncSet: [],
      successor: undefined,
      systemIdentifier: identifier === undefined ? undefined : systemIdentifier(identifier),
      released: undefined,
    }
  }

  /** The record outlives the Lease, and a Lease that is gone is made anew from it. */
  #keepRecord(): void {
    const { lease } = this.api
    if (!this.api.down) {
      if (lease === undefined) this.api.put(this.#newLease())
      else {
        this.#highestTerm = Math.max(this.#highestTerm, lease.term)
        if (lease.systemIdentifier !== undefined && this.config.systemIdentifier === undefined)
          this.configure({ systemIdentifier: lease.systemIdentifier })
      }
    }
    this.agenda.after(recordEvery, () => this.#keepRecord())
  }

  #told(pod: PodName, kind: string, fields: Fields): void {
    this.coverage.count(`event ${kind}`)
    if (kind === "failover.completed" || kind === "wal.lost" || kind === "failover.refused")
      this.note(`${pod} told ${kind}`)
    const lossy = fields["lossPossible"]
    const opened = Number(fields["term"])
    if ((lossy === "true" || lossy === "false") && Number.isFinite(opened))
      // A restart in the same term loses nothing more.
      this.checker.told.set(opened, this.checker.told.get(opened) === true || lossy === "true")
  }

  // ---- how it stands -----------------------------------------------------------------------------

  /** Exactly one primary that acknowledges and is found by clients, and everybody else streams from it. */
  get whyNotWell(): string | undefined {
    const { alive, api, agenda, checker } = this
    const primaries = alive.filter(({ server }) => server?.mode === "primary")
    const [primary] = primaries
    if (primaries.length !== 1 || primary === undefined) return `${primaries.length} primaries`
    if (agenda.now - checker.lastAckAt > 1000) return "nothing is acknowledged"
    if (api.roleOf(primary.pod) !== "primary") return `${primary.pod} has not the label`
    if (api.lease?.members.length !== this.config.members)
      return `the Lease names ${api.lease?.members.length ?? 0} members`
    for (const member of alive) {
      if (member === primary) continue
      if (api.roleOf(member.pod) !== "replica") return `${member.pod} has the wrong label`
      if (member.server?.receiver?.source !== primary.server)
        return `${member.pod} does not stream: ${member.decision?.mood.phase ?? "?"}, ${member.decision?.mood.why ?? "?"}`
    }
    return undefined
  }

  /** What each member says of itself. */
  get moods(): readonly string[] {
    return this.alive.map(
      ({ pod, decision, server }) =>
        `${pod} (${server?.mode ?? "no server"} ${server?.phase ?? ""}): ${decision?.mood.phase ?? "?"}, ${decision?.mood.why ?? "?"}`,
    )
  }
}
