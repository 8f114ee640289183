/**
 * The Kubernetes API as far as a sidecar uses it: one Lease with compare-and-set, labels of pods, watches.
 * Requests may be slow, fail, or be applied while their answer is lost; watches lag and die silently.
 */
import type { PodName } from "#core/ids.ts"
import { formatHolder } from "#core/failover/holder.ts"
import type { Lease, LeaseContent } from "#core/failover/lease.ts"
import type { LeaseRead, LeaseStore } from "#io/kube/lease.ts"
import type { MemberPod, Pods } from "#io/kube/pods.ts"
import { Outage } from "#io/outage.ts"
import type { Agenda } from "./agenda.ts"
import type { Dice } from "./dice.ts"
import type { Process } from "./process.ts"

type Caller = { readonly process: Process; readonly pod: PodName; readonly timeout: () => number }
type Watch = {
  readonly caller: Caller
  readonly tell: () => void
  readonly fail: (failure: Error) => void
  /** Nothing more comes through, and nobody says so. */
  dead: boolean
}

/** Asked again after a wait. */
const isOver = (signal: AbortSignal): boolean => signal.aborted
const watchFor = 65_000
/** States of the Lease that a cache may still show. */
const historyMax = 100

export class ApiServer {
  readonly #agenda: Agenda
  readonly #dice: Dice
  readonly #broken: (problem: string) => void
  #lease: Lease | undefined
  #version = 1
  readonly #granted = new Map<number, string>()
  readonly #pods = new Map<PodName, MemberPod>()
  readonly #leaseWatches = new Set<Watch>()
  readonly #podWatches = new Set<Watch>()
  /** Everything that the Lease ever said, for faults that bring it back. */
  readonly past: LeaseContent[] = []
  // Faults.
  down = false
  failing = false
  slow = 0
  readonly away = new Set<PodName>()
  readonly deaf = new Set<PodName>()
  /** Whose reads are answered from a cache that is behind, as long as what it shows is not older than this. */
  readonly stale = new Map<PodName, number>()
  readonly #history: { readonly at: number; readonly lease: Lease | undefined }[] = []

  constructor(agenda: Agenda, dice: Dice, broken: (problem: string) => void) {
    this.#agenda = agenda
    this.#dice = dice
    this.#broken = broken
  }

  get lease(): Lease | undefined {
    return this.#lease
  }

  /** Who was ever given a term. */
  grantee(opened: number): string | undefined {
    return this.#granted.get(opened)
  }

  /** As the satellite or a person writes it, whatever its version. */
  put(content: LeaseContent | undefined): void {
    // A Lease made anew by hand may know of fewer terms than there were.
    for (const opened of this.#granted.keys())
      if (content !== undefined && opened > content.term) this.#granted.delete(opened)
    this.#version += 1
    this.#lease = content === undefined ? undefined : { ...content, version: String(this.#version) }
    this.#history.push({ at: this.#agenda.now, lease: this.#lease })
    if (this.#history.length > historyMax) this.#history.shift()
    this.#tellAll(this.#leaseWatches)
  }

  putPod(pod: MemberPod): void {
    this.#pods.set(pod.pod, pod)
    this.#tellAll(this.#podWatches)
  }
  removePod(pod: PodName): void {
    this.#pods.delete(pod)
    this.#tellAll(this.#podWatches)
  }
  roleOf(pod: PodName): MemberPod["role"] {
    return this.#pods.get(pod)?.role
  }

  /** Watches of `pod` go silent; they are noticed when they time out. */
  silence(pod: PodName): void {
    for (const watch of [...this.#leaseWatches, ...this.#podWatches])
      if (watch.caller.pod === pod) watch.dead = true
  }

  /** Silent connections are found to be broken. */
  breakSilent(): void {
    for (const watches of [this.#leaseWatches, this.#podWatches])
      for (const watch of watches)
        if (watch.dead) {
          watches.delete(watch)
          watch.caller.process.deliver(() => watch.fail(new Outage("WATCH_BROKEN", "reset")))
        }
  }

  leaseStore(caller: Caller): LeaseStore {
    return {
      read: (signal) => this.#call<LeaseRead>(caller, signal, () => this.#cached(caller.pod)),
      write: (version, content, signal) =>
        this.#call(caller, signal, () => {
          if (this.#lease?.version !== version) return { kind: "outrun" }
          this.#write(content)
          return { kind: "written", lease: this.#lease }
        }),
      watch: (heard, signal) =>
        this.#watch(this.#leaseWatches, caller, signal, () => {
          const read = this.#read()
          return () => heard(read)
        }),
    }
  }

  podsOf(caller: Caller): Pods {
    return {
      watch: async (heard, failed, signal) => {
        while (!signal.aborted) {
          try {
            await this.#watch(this.#podWatches, caller, signal, () => {
              const pods = [...this.#pods.values()]
              return () => heard(pods)
            })
          } catch (failure) {
            if (isOver(signal)) return
            failed(failure)
          }
          await new Promise<void>((resolve) => {
            caller.process.after(500, resolve)
          })
        }
      },
      setRole: (pod, role, signal) =>
        this.#call(caller, signal, () => {
          const before = this.#pods.get(pod)
          if (before !== undefined && before.role !== role) this.putPod({ ...before, role })
        }),
    }
  }

  /** What a read shows: the Lease, or for a cache that is behind the one that there was some time ago. */
  #cached(pod: PodName): LeaseRead {
    const behind = this.stale.get(pod)
    if (behind === undefined) return this.#read()
    const seen = this.#history.findLast(({ at }) => at <= this.#agenda.now - behind)
    const lease = (seen ?? this.#history[0])?.lease
    return lease === undefined ? { kind: "absent" } : { kind: "read", lease }
  }

  #read(): LeaseRead {
    return this.#lease === undefined ? { kind: "absent" } : { kind: "read", lease: this.#lease }
  }

  #write(content: LeaseContent): void {
    const { holder, term: opened } = content
    if (holder !== undefined) {
      const name = formatHolder(holder)
      const before = this.#granted.get(opened)
      if (before !== undefined && before !== name)
        this.#broken(`S1: term ${opened} is held by ${name} after ${before}`)
      this.#granted.set(opened, name)
    }
    this.past.push(content)
    this.put(content)
  }

  #reaches({ pod }: Caller): boolean {
    return !this.down && !this.away.has(pod)
  }

  #delay(): number {
    const { slow } = this
    return this.#dice.between(3, 60) + (slow > 0 ? this.#dice.between(0, slow) : 0)
  }

  #call<T>(caller: Caller, signal: AbortSignal, apply: () => T): Promise<T> {
    const { process } = caller
    return new Promise<T>((resolve, reject) => {
      const end = (): void => {
        cancel()
        signal.removeEventListener("abort", stop)
      }
      const stop = (): void => {
        end()
        reject(signal.reason)
      }
      const cancel = process.after(caller.timeout(), () => {
        signal.removeEventListener("abort", stop)
        reject(new Outage("API_SILENT", "no answer in time"))
      })
      signal.addEventListener("abort", stop, { once: true })
      const answer = (run: () => void): void => {
        if (this.#dice.chance(0.003)) return
        this.#agenda.after(this.#delay(), () => {
          if (this.#reaches(caller) && !this.deaf.has(caller.pod))
            process.deliver(() => {
              end()
              run()
            })
        })
      }
      this.#agenda.after(this.#delay(), () => {
        if (!this.#reaches(caller)) return
        if (this.failing) return answer(() => reject(new Outage("API_FAILED", "HTTP 500")))
        const result = apply()
        answer(() => resolve(result))
      })
    })
  }

  #watch(
    watches: Set<Watch>,
    caller: Caller,
    signal: AbortSignal,
    look: () => () => void,
  ): Promise<void> {
    const { process } = caller
    return new Promise<void>((resolve, reject) => {
      let arrives = 0
      const tell = (): void => {
        const news = look()
        // One stream: what was told later does not arrive earlier.
        arrives = Math.max(arrives, this.#agenda.now + this.#delay())
        this.#agenda.after(arrives - this.#agenda.now, () => {
          if (watch.dead || !this.#reaches(caller) || this.deaf.has(caller.pod)) watch.dead = true
          else process.deliver(news)
        })
      }
      const end = (): void => {
        watches.delete(watch)
        cancel()
        signal.removeEventListener("abort", stop)
      }
      const stop = (): void => {
        end()
        reject(signal.reason)
      }
      const fail = (failure: Error): void => {
        end()
        reject(failure)
      }
      const watch: Watch = { caller, tell, fail, dead: false }
      const cancel = process.after(watchFor, () => {
        end()
        resolve()
      })
      signal.addEventListener("abort", stop, { once: true })
      this.#agenda.after(this.#delay(), () => {
        if (!process.alive) return
        if (!this.#reaches(caller) || this.failing) {
          process.after(2000, () => fail(new Outage("API_SILENT", "cannot connect")))
          return
        }
        watches.add(watch)
        tell()
      })
    })
  }

  #tellAll(watches: Set<Watch>): void {
    for (const watch of watches) {
      if (!watch.caller.process.alive) watches.delete(watch)
      else if (!this.down) watch.tell()
      else watch.dead = true
    }
  }
}
