/**
 * How the processes of a container are started. With a PID namespace of its own a container's main
 * process is its process 1: it adopts orphans, and when it ends the kernel ends all the rest, as in
 * any container. Where the host does not allow that, a container is a process like another and its
 * remains are searched for.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { delimiter, join } from "node:path"

import type { Isolation } from "../config.ts"
import { allProcs } from "./proc.ts"

export type RunUser = { readonly uid: number; readonly gid: number; readonly name: string }

export type Launcher = {
  readonly isNamespaced: boolean
  /** The command line that runs `command` as the main process of a container. */
  wrap(command: readonly string[], user: RunUser | undefined): readonly string[]
  /** The command line that runs `command` inside the container of that main process. */
  enter(main: number, command: readonly string[], user: RunUser | undefined): readonly string[]
  /** The container's main process, from the process that was started here. */
  mainOf(started: number): number | undefined
}

/** Where a program is on this host. */
export function findProgram(name: string, path: string): string | undefined {
  const folders = [...path.split(delimiter), "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
}

export function launcherFor(wanted: Isolation, path: string): Launcher {
  const setpriv = findProgram("setpriv", path)
  const unshare = findProgram("unshare", path)
  const nsenter = findProgram("nsenter", path)
  const isRoot = process.getuid?.() === 0
  const flags = ["--pid", "--fork", "--kill-child=KILL", "--mount-proc"]
  const own = isRoot ? flags : ["--user", "--map-current-user", ...flags]
  const isAble =
    unshare !== undefined &&
    nsenter !== undefined &&
    setpriv !== undefined &&
    wanted !== "none" &&
    spawnSync(unshare, [...own, "--", "true"], { timeout: 5_000 }).status === 0
  if (wanted === "pid-namespace" && !isAble) {
    throw new Error("isolation pid-namespace: this host lets nobody make PID namespaces; use auto")
  }
  if (!isAble) return plain(setpriv)
  return namespaced(setpriv, [unshare, ...own, "--"], nsenter, isRoot)
}

const asUser = (setpriv: string, user: RunUser | undefined): readonly string[] =>
  user === undefined
    ? [setpriv, "--pdeathsig", "KILL", "--"]
    : [
        setpriv,
        "--reuid",
        String(user.uid),
        "--regid",
        String(user.gid),
        "--init-groups",
        "--pdeathsig",
        "KILL",
        "--",
      ]

function namespaced(
  setpriv: string,
  unshare: readonly string[],
  nsenter: string,
  isRoot: boolean,
): Launcher {
  return {
    isNamespaced: true,
    // The outer one dies with microkube, the inner one with the outer one.
    wrap: (command, user) => [
      setpriv,
      "--pdeathsig",
      "KILL",
      "--",
      ...unshare,
      // The container's errors go to descriptor 3, so that what unshare itself says is told from them.
      "/bin/sh",
      "-c",
      'exec "$@" 2>&3 3>&-',
      "sh",
      ...asUser(setpriv, user),
      ...command,
    ],
    enter: (main, command, user) => [
      nsenter,
      "--target",
      String(main),
      "--pid",
      "--mount",
      ...(isRoot ? [] : ["--user", "--preserve-credentials"]),
      // Probes run often: nsenter changes the user itself and saves a program.
      ...(user === undefined ? [] : ["--setgid", String(user.gid), "--setuid", String(user.uid)]),
      "--",
      ...command,
    ],
    mainOf: (started) => allProcs().find((proc) => proc.parent === started)?.pid,
  }
}

function plain(setpriv: string | undefined): Launcher {
  const wrap = (command: readonly string[], user: RunUser | undefined): readonly string[] =>
    setpriv === undefined ? command : [...asUser(setpriv, user), ...command]
  return {
    isNamespaced: false,
    wrap,
    enter: (_main, command, user) => wrap(command, user),
    mainOf: (started) => started,
  }
}

/** A user of this host by name. */
export function findUser(name: string): RunUser | undefined {
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((one) => one.startsWith(`${name}:`))
  const [, , uid, gid] = line?.split(":") ?? []
  return uid === undefined || gid === undefined
    ? undefined
    : { name, uid: Number(uid), gid: Number(gid) }
}
