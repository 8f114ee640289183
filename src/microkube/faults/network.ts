/**
 * Cutting a pod's network. All pods of this host share its loopback, so what a pod sends is told from
 * what others send by its control group, and dropped by the packet filter: that takes root, iptables
 * and cgroup v2. Traffic between the containers of a cut pod over TCP is cut too; sockets are not.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"

import { findProgram } from "../runtime/isolation.ts"

type Able = { readonly iptables: string; readonly mount: string }

export type Cut = { readonly address: string; readonly group: string }

export class Networks {
  readonly #able: Able | undefined
  readonly #chain: string
  readonly #root: string
  readonly #cuts = new Map<string, Cut>()

  /** `instance` names the chain and the groups, so that sites of one host keep apart. */
  constructor(instance: string, path: string) {
    this.#able = findAble(path)
    this.#chain = `MK-${instance}`
    this.#root = `mk-${instance}`
    // What a former life left is swept away.
    if (this.#able !== undefined) this.#dropChain()
  }

  /** Why pods can not be cut here; undefined where they can. */
  get obstacle(): string | undefined {
    return this.#able === undefined
      ? "cutting a pod's network takes root, iptables and a cgroup2 mount; this host lacks one of them"
      : undefined
  }

  /** The control group of a pod; every process of it is put there when it starts. */
  #folder(group: string): string {
    return join(this.#able?.mount ?? "", this.#root, group)
  }

  enroll(group: string, pid: number): void {
    if (this.#able === undefined) return
    mkdirSync(this.#folder(group), { recursive: true })
    try {
      writeFileSync(join(this.#folder(group), "cgroup.procs"), String(pid))
    } catch {
      // The process has ended already.
    }
  }

  #run(...args: readonly string[]): boolean {
    return (
      this.#able !== undefined &&
      spawnSync(this.#able.iptables, ["-w", "5", ...args], { timeout: 10_000 }).status === 0
    )
  }

  #makeChain(): void {
    if (!this.#run("-N", this.#chain)) return
    this.#run("-I", "OUTPUT", "-o", "lo", "-j", this.#chain)
    this.#run("-I", "INPUT", "-i", "lo", "-j", this.#chain)
  }

  #dropChain(): void {
    if (!this.#run("-n", "-L", this.#chain)) return
    this.#run("-D", "OUTPUT", "-o", "lo", "-j", this.#chain)
    this.#run("-D", "INPUT", "-i", "lo", "-j", this.#chain)
    this.#run("-F", this.#chain)
    this.#run("-X", this.#chain)
  }

  /** Rules by which nothing leaves the pod's group and nothing from elsewhere reaches its address. */
  #rules({ address, group }: Cut): readonly (readonly string[])[] {
    const path = `${this.#root}/${group}`
    return [
      ["-m", "cgroup", "--path", path, "!", "-d", address, "-j", "DROP"],
      ["-d", address, "-m", "cgroup", "!", "--path", path, "-j", "DROP"],
    ]
  }

  /** Cuts the pod; false when the packet filter refused. */
  cut(key: string, cut: Cut): boolean {
    mkdirSync(this.#folder(cut.group), { recursive: true })
    this.#makeChain()
    const isDone = this.#rules(cut).every((rule) => this.#run("-A", this.#chain, ...rule))
    if (isDone) this.#cuts.set(key, cut)
    else for (const rule of this.#rules(cut)) this.#run("-D", this.#chain, ...rule)
    return isDone
  }

  mend(key: string): boolean {
    const cut = this.#cuts.get(key)
    if (cut === undefined) return false
    for (const rule of this.#rules(cut)) this.#run("-D", this.#chain, ...rule)
    this.#cuts.delete(key)
    if (this.#cuts.size === 0) this.#dropChain()
    return true
  }

  reaches(address: string): boolean {
    return [...this.#cuts.values()].every((cut) => cut.address !== address)
  }

  cutPods(): readonly string[] {
    return [...this.#cuts.keys()]
  }

  /** The group of a pod that is gone. */
  forget(group: string): void {
    removeFolder(this.#folder(group))
  }

  close(): void {
    for (const key of this.cutPods()) this.mend(key)
    if (this.#able !== undefined) removeFolder(join(this.#able.mount, this.#root))
  }
}

function removeFolder(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // A process in it is still ending, or there was none: an empty group does no harm.
  }
}

function findAble(path: string): Able | undefined {
  const iptables = findProgram("iptables", path)
  if (process.getuid?.() !== 0 || iptables === undefined || !existsSync("/proc/mounts"))
    return undefined
  const line = readFileSync("/proc/mounts", "utf8")
    .split("\n")
    .find((one) => one.split(" ")[2] === "cgroup2")
  const mount = line?.split(" ")[1]
  if (mount === undefined) return undefined
  try {
    mkdirSync(join(mount, "mk-probe"), { recursive: true })
    rmdirSync(join(mount, "mk-probe"))
  } catch {
    return undefined
  }
  return { iptables, mount }
}
