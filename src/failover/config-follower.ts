/**
 * Takes over what the satellite changes in the server's files, and says what of it is in force. A change is
 * tried before it counts: what PostgreSQL would refuse is put away again, with its reason.
 */
import { configPrint, type MemberConfig, type RefusedSetting } from "#core/cluster/member-config.ts"
import { seconds } from "#core/units.ts"
import type { Task } from "#io/together.ts"
import type { PodConfig } from "#wire/pod-config.ts"
import type { Parts } from "./assemble.ts"
import { type ConfigLook, lookAtConfig } from "./config-look.ts"
import { reload, tell } from "./ports.ts"
import { isSameText, type ServerFiles, type ServerText } from "./server-files.ts"

const lookAgainAfter = seconds(10)

const printOf = (text: ServerText, pod: PodConfig): string =>
  configPrint({ ...text, pod: JSON.stringify(pod) })

type Refused = { readonly text: ServerText; readonly problems: readonly RefusedSetting[] }

/** To be called each second or so. */
export function configFollower(parts: Parts, files: ServerFiles): Task {
  const follower = new ConfigFollower(parts, files)
  return () => follower.step()
}

class ConfigFollower {
  readonly #parts: Parts
  readonly #files: ServerFiles
  #refused: Refused | undefined
  #print: { readonly of: readonly unknown[]; readonly print: string } | undefined
  #look: { readonly seen: ConfigLook; readonly at: number; readonly run: string } | undefined

  constructor(parts: Parts, files: ServerFiles) {
    this.#parts = parts
    this.#files = files
  }

  async step(): Promise<void> {
    const { observe, board } = this.#parts
    const offered = await this.#files.offered()
    const { server } = observe()
    // It is read by the next start; whether that comes about shows whether it is good.
    if (server.kind === "down" && !isSameText(offered, this.#refused?.text))
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
