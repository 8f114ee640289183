/**
 * Takes over what the satellite changes in the server's files, and says what of it is in force. A change is
 * tried before it counts: what PostgreSQL would refuse is put away again, with its reason; and so is what a server
 * does not start with, while it starts with what it had before.
 */
import { join } from "node:path"
import { configPrint, type MemberConfig, type RefusedSetting } from "#core/cluster/member-config.ts"
import { restAfter, type Trial, tried, untried } from "#core/failover/config-trial.ts"
import { seconds } from "#core/units.ts"
import type { Task } from "#io/together.ts"
import type { PodConfig } from "#wire/pod-config.ts"
import type { Parts } from "./assemble.ts"
import { type ConfigLook, lookAtConfig } from "./config-look.ts"
import { reload, tell } from "./ports.ts"
import { lastFatal } from "./last-fatal.ts"
import {
  forgetRefused,
  readRefused,
  type RefusedConfig,
  textPrint,
  writeRefused,
} from "./refused-config.ts"
import { isSameText, type ServerFiles, type ServerText } from "./server-files.ts"

const lookAgainAfter = seconds(10)

const printOf = (text: ServerText, pod: PodConfig): string =>
  configPrint({ ...text, pod: JSON.stringify(pod) })

/** Parameters that one of the two files has and the other has not, or otherwise. */
function changedNames(former: string, offered: string): string {
  const [was, is] = [former, offered].map((conf) => new Set(conf.split("\n")))
  const lines = [
    ...[...(is ?? [])].filter((line) => was?.has(line) !== true),
    ...[...(was ?? [])].filter((line) => is?.has(line) !== true),
  ]
  const names = new Set(lines.flatMap((line) => /^([a-z_][\w.]*) *=/i.exec(line)?.[1] ?? []))
  return names.size === 0 ? "pg_hba.conf" : [...names].join(", ").slice(0, 200)
}

/** What of a trial outlives a restart of the sidecar. */
const isKept = (kind: Trial["kind"]): kind is RefusedConfig["kind"] =>
  kind === "back" || kind === "guilty" || kind === "stranded"

const silent = "it did not say why"

type Tried = {
  readonly of: ServerText | undefined
  readonly state: Trial
  /** What PostgreSQL said. */
  readonly problem: string | undefined
}

type Refused = { readonly text: ServerText; readonly problems: readonly RefusedSetting[] }

/** To be called each second or so. Before any server is started it knows what was refused earlier. */
export async function configFollower(parts: Parts, files: ServerFiles): Promise<Task> {
  const follower = new ConfigFollower(parts, files)
  try {
    await follower.remember()
  } catch (failure) {
    parts.log.warn("server-config.unreadable", { failure })
  }
  return () => follower.step()
}

class ConfigFollower {
  readonly #parts: Parts
  readonly #files: ServerFiles
  #refused: Refused | undefined
  #trial: Tried = { of: undefined, state: untried(undefined), problem: undefined }
  /** As it is on the data volume. */
  #mark: RefusedConfig | undefined
  #print: { readonly of: readonly unknown[]; readonly print: string } | undefined
  #look: { readonly seen: ConfigLook; readonly at: number; readonly run: string } | undefined

  constructor(parts: Parts, files: ServerFiles) {
    this.#parts = parts
    this.#files = files
  }

  async remember(): Promise<void> {
    this.#mark = await readRefused(this.#parts.config.dataDir)
    await this.#trying(await this.#files.offered())
    await this.#goBack()
  }

  async step(): Promise<void> {
    const { observe, board } = this.#parts
    const offered = await this.#files.offered()
    const { server } = observe()
    await this.#trying(offered)
    // It is read by the next start; whether that comes about shows whether it is good.
    const isBack = await this.#goBack()
    if (!isBack && server.kind === "down" && !isSameText(offered, this.#refused?.text))
      this.#files.take(offered)
    if (server.kind !== "primary" && server.kind !== "standby") {
      this.#look = undefined
      return board.config(undefined, server.kind)
    }
    const isPrimary = server.kind === "primary"
    if (!isSameText(offered, await this.#files.taken())) {
      if (!isSameText(offered, this.#refused?.text)) await this.#try(offered, isPrimary)
    } else {
      this.#refused = undefined
      if (!isPrimary && (await this.#files.haveMoved())) await this.#again(isPrimary)
    }
    const config = await this.#inForce()
    // It may have stopped, or been promoted, while it was asked.
    if (observe().server.kind === server.kind) board.config(config, server.kind)
    if (config.pending.length === 0 && config.refused.length === 0) await this.#prove()
  }

  /** Everything that was taken is in force: a server starts with it. */
  async #prove(): Promise<void> {
    try {
      await this.#files.proven(await this.#files.taken())
    } catch (failure) {
      // The one before it is gone back to, then.
      this.#parts.log.warn("server-config.not-kept", { failure })
    }
  }

  /** Whether it is what is offered that keeps the server from starting. */
  async #trying(offered: ServerText): Promise<void> {
    const { known, observe, config, log } = this.#parts
    const { kind } = observe().server
    const { crashedAt } = known.server
    const former = await this.#files.former()
    const before =
      isSameText(offered, this.#trial.of) && this.#isOfThisServer()
        ? this.#trial
        : this.#remembered(offered, former)
    const state = tried(before.state, {
      isUp: kind === "standby" || kind === "primary",
      crashedAt,
      former: former === undefined ? "none" : isSameText(former, offered) ? "same" : "other",
    })
    // What it says when it was gone back already is about the former config.
    const hasWords =
      state.kind === "stranded"
        ? state !== before.state
        : state.kind === "back" && before.state.kind !== "back"
    const words = hasWords ? await lastFatal(join(config.runDir, "log")) : undefined
    const problem = words ?? before.problem
    this.#trial = { of: offered, state, problem }
    await this.#keep(offered)
    this.#rest()
    if (state.kind === "guilty" && former !== undefined) this.#refuse(offered, former)
    if (state.kind === before.state.kind) return
    log.event("server-config.trial", { was: before.state.kind, is: state.kind, problem })
    if (state.kind === "stranded") this.#tellStranded(problem ?? silent)
    if (state.kind !== "guilty" || this.#refused === undefined) return
    // Whichever start it was that came up: what it reads from now on is what was gone back to.
    await this.#again(kind === "primary")
    this.#tell(this.#refused.problems)
  }

  /** What an earlier sidecar of this member found out about `offered`. */
  #remembered(offered: ServerText, former: ServerText | undefined): Tried {
    const { crashedAt } = this.#parts.known.server
    const mark = this.#mark
    const isOther = former !== undefined && !isSameText(former, offered)
    const holds =
      mark?.print === textPrint(offered) &&
      this.#isOfThisServer() &&
      isOther === (mark.kind !== "stranded")
    if (!holds) {
      if (isSameText(offered, this.#refused?.text)) this.#refused = undefined
      return { of: offered, state: untried(crashedAt), problem: undefined }
    }
    const { kind, times, problem } = mark
    return { of: offered, state: { kind, times, crash: crashedAt }, problem }
  }

  /** With another image, or other resources, a server may start with what it refused. */
  #isOfThisServer(): boolean {
    const { known, config } = this.#parts
    const now = known.pods.get(config.pod)?.serverPrint
    const then = this.#mark?.serverPrint
    return now === undefined || then === undefined || now === then
  }

  /** On the data volume, before anything follows from it. */
  async #keep(offered: ServerText): Promise<void> {
    const { config, known, log } = this.#parts
    const { state, problem } = this.#trial
    const { kind, times } = state
    const mark = this.#mark
    try {
      if (!isKept(kind)) {
        if (mark !== undefined) await forgetRefused(config.dataDir)
        this.#mark = undefined
        return
      }
      const print = textPrint(offered)
      if (mark?.print === print && mark.kind === kind && mark.times === times) return
      const serverPrint = known.pods.get(config.pod)?.serverPrint
      this.#mark = { print, serverPrint, kind, times, problem }
      await writeRefused(config.dataDir, this.#mark)
    } catch (failure) {
      // This sidecar knows it; the next one would have to find out.
      log.warn("server-config.not-kept", { failure })
    }
  }

  /** Where there is nothing to go back to, the server is not started again and again. */
  #rest(): void {
    const { known, clock } = this.#parts
    const { state, problem } = this.#trial
    const before = known.stranded
    if (state.kind !== "stranded") {
      if (before === undefined) return
      known.stranded = undefined
      return known.changed()
    }
    const rest = restAfter(state.times)
    const why = `PostgreSQL does not start with its config: ${problem ?? silent}`
    if (before?.rest === rest && before.why === why) return
    known.stranded = { why, rest, since: clock.now() }
    known.changed()
  }

  #refuse(offered: ServerText, former: ServerText): void {
    if (isSameText(offered, this.#refused?.text)) return
    const problem = `a server does not start with it: ${this.#trial.problem ?? silent}`
    const problems = [{ name: changedNames(former.conf, offered.conf), problem }]
    this.#refused = { text: offered, problems }
  }

  /** A server that ends as soon as it starts is hardly ever seen down: its next start reads what was taken by then. */
  async #goBack(): Promise<boolean> {
    const { kind } = this.#trial.state
    const former = kind === "back" || kind === "guilty" ? await this.#files.former() : undefined
    if (former === undefined) return false
    this.#files.take(former)
    return true
  }

  async #try(offered: ServerText, isPrimary: boolean): Promise<void> {
    const { running, server, log } = this.#parts
    const before = await this.#files.taken()
    this.#files.take(offered)
    if (!(await running.again(isPrimary))) return this.#files.take(before)
    const { refused } = await server.quick(lookAtConfig)
    this.#look = undefined
    if (refused.length === 0) {
      this.#refused = undefined
      await reload(this.#parts)
      return log.event("server-config.reloaded")
    }
    this.#refused = { text: offered, problems: refused }
    this.#files.take(before)
    // Somebody else may have made the server read it in between.
    await this.#again(isPrimary)
    this.#tell(refused)
  }

  async #again(isPrimary: boolean): Promise<void> {
    this.#look = undefined
    if (await this.#parts.running.again(isPrimary)) await reload(this.#parts)
  }

  #tellStranded(problem: string): void {
    const { pod } = this.#parts.config
    tell(this.#parts, {
      kind: "config.refused-by-server",
      severity: "error",
      message: `${pod} does not start with its config, and has never run with another one: ${problem}`,
      details: { problem },
    })
  }

  #tell(refused: readonly RefusedSetting[]): void {
    const { pod } = this.#parts.config
    const list = refused.map(({ name, problem }) => `${name} ${problem}`).join("; ")
    tell(this.#parts, {
      kind: "config.refused-by-server",
      severity: "error",
      message: `${pod} goes on with its former config: PostgreSQL refuses ${list}`.slice(0, 2000),
      details: { parameters: refused.map(({ name }) => name).join(", ") },
    })
  }

  async #inForce(): Promise<MemberConfig> {
    const { clock, observe, server, podConfig } = this.#parts
    const { server: role, lanes } = observe()
    // What was done with the server last, and its role: another run, or another role, is asked anew.
    const run = `${role.kind} ${lanes.server.last?.at ?? 0}`
    const known = this.#look
    const isOld =
      known === undefined || known.run !== run || clock.now() - known.at > lookAgainAfter
    const look = isOld ? { seen: await server.quick(lookAtConfig), at: clock.now(), run } : known
    this.#look = look
    const refused = this.#refused
    return {
      ...look.seen,
      print: this.#printOf(await this.#files.taken(), podConfig.current),
      held: this.#files.held,
      refused: refused?.problems ?? look.seen.refused,
      refusedPrint: refused === undefined ? undefined : printOf(refused.text, podConfig.current),
    }
  }

  /** Made anew when one of the two is another: both stay the same objects while their files do. */
  #printOf(text: ServerText, pod: PodConfig): string {
    const [lastText, lastPod] = this.#print?.of ?? []
    if (this.#print === undefined || lastText !== text || lastPod !== pod)
      this.#print = { of: [text, pod], print: printOf(text, pod) }
    return this.#print.print
  }
}
