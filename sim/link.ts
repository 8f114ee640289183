/** Streaming replication between two servers: WAL one way, flush positions back, and how a break is noticed. */
import type { PodName } from "#core/ids.ts"
import type { Postgres } from "./postgres.ts"
import { reachOn, type Branch } from "./wal.ts"

/** `tcp_user_timeout` and the timeouts of walsender and walreceiver. */
const silenceMax = 3000
const retryAfter = 200

export class Link {
  readonly source: Postgres
  readonly standby: Postgres
  open = true
  /** As the source knows it. */
  flushed: bigint
  caughtUp = false
  heardAt: number
  #busy = false
  #stalledSince: number | undefined

  constructor(source: Postgres, standby: Postgres) {
    this.source = source
    this.standby = standby
    this.flushed = standby.data.end
    this.heardAt = standby.ground.agenda.now
  }

  get pods(): readonly [PodName, PodName] {
    return [this.source.pod, this.standby.pod]
  }

  /** Sends what the standby does not have; one batch is on its way at a time. */
  ship(): void {
    if (!this.open || this.#busy) return
    const { source, standby } = this
    const { agenda, network, dice } = source.ground
    if (!source.process.awake || !network.linked(source.pod, standby.pod)) return this.#stall()
    const to = source.data.end
    const { branch } = source.data
    this.#busy = true
    agenda.quietly(network.delay(source.pod, standby.pod), () => {
      this.#busy = false
      if (!this.open) return
      if (!standby.process.awake || !network.linked(source.pod, standby.pod)) return this.#stall()
      this.#stalledSince = undefined
      agenda.quietly(dice.between(0, 4), () => {
        if (!this.open || !standby.process.alive) return
        this.#received(branch, to)
      })
    })
  }

  #received(branch: Branch, to: bigint): void {
    const { source, standby } = this
    standby.receive(branch, to)
    this.heardAt = standby.ground.agenda.now
    source.ground.network.send(
      standby.pod,
      source.pod,
      () => {
        if (!this.open || !source.process.alive) return
        source.process.deliver(() => {
          if (to > this.flushed) this.flushed = to
          this.caughtUp = this.caughtUp || this.flushed >= source.data.end - 200n
          source.release()
        })
      },
      true,
    )
    if (source.data.end > to || source.data.branch !== branch) this.ship()
  }

  #stall(): void {
    const { agenda } = this.source.ground
    this.#stalledSince ??= agenda.now
    if (agenda.now - this.#stalledSince > silenceMax) return this.close()
    agenda.quietly(retryAfter, () => this.ship())
  }

  close(): void {
    if (!this.open) return
    this.open = false
    this.source.dropped(this)
    this.standby.disconnected(this)
  }
}

/** Whether a standby at `end` of `on` may stream from a server at `to` of `branch`, as that one would say. */
export function mayStream(
  branch: Branch,
  to: bigint,
  on: Branch,
  end: bigint,
): "yes" | "no" | "mistaken" {
  const reach = reachOn(on, branch, to)
  if (reach !== undefined) return end <= reach ? "yes" : "no"
  // PostgreSQL compares the numbers of timelines, not what they are.
  for (let at: Branch | undefined = branch; at !== undefined; at = at.parent)
    if (at.tli === on.tli && at.system === on.system)
      return end <= to && at === branch ? "mistaken" : "no"
  return "no"
}
