/** Installing packages of the distribution, where that is allowed; else the command that a person would type. */
import { execFile, spawn } from "node:child_process"
import { existsSync } from "node:fs"
import { promisify } from "node:util"

const run = promisify(execFile)

/** How this process may become root without asking anybody; `undefined` where it may not. */
async function becomeRoot(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return []
  try {
    await run("sudo", ["-n", "true"], { timeout: 5_000 })
    return ["sudo", "-n"]
  } catch {
    return undefined
  }
}

export type Installed =
  | { readonly kind: "installed" }
  /** Nothing was changed. `command` is what somebody with the right to do so would run. */
  | { readonly kind: "may-not"; readonly reason: string; readonly command: string }

const environment = ["DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"]
const installMaxMs = 15 * 60_000

export const installCommand = (packages: readonly string[]): string =>
  `sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages.join(" ")}`

/**
 * Installs the first of `choices` (best first, each a list of packages) that the distribution offers.
 * `say` hears the lines of apt that are worth showing.
 */
export async function install(
  choices: readonly (readonly string[])[],
  say: (line: string) => void,
): Promise<Installed> {
  const first = choices[0] ?? []
  if (!existsSync("/usr/bin/apt-get"))
    return {
      kind: "may-not",
      reason: "this machine has no apt",
      command: `install ${first.join(", ")} by the means of this system`,
    }
  const root = await becomeRoot()
  if (root === undefined)
    return {
      kind: "may-not",
      reason: "neither root nor sudo without a password",
      command: installCommand((await offered(choices)) ?? first),
    }
  // A fresh machine has no package lists at all; an old one has lists whose files are gone.
  await apt([...root, "env", ...environment, "apt-get", "update", "-q"], say)
  const packages = await offered(choices)
  if (packages === undefined)
    return {
      kind: "may-not",
      reason: `the package lists of this system have none of ${choices.map((choice) => choice.join("+")).join(", ")}`,
      command: installCommand(first),
    }
  await apt(
    [...root, "env", ...environment, "apt-get", "install", "-y", "-q", "--no-install-recommends"]
      .concat(["-o", "Dpkg::Options::=--force-confold", "-o", "DPkg::Lock::Timeout=120"])
      .concat(packages),
    say,
  )
  return { kind: "installed" }
}

async function offered(
  choices: readonly (readonly string[])[],
): Promise<readonly string[] | undefined> {
  for (const packages of choices) {
    const { stdout } = await run("apt-cache", ["policy", ...packages], {
      timeout: 30_000,
      env: { ...process.env, LC_ALL: "C" },
    })
    const candidates = [...stdout.matchAll(/^ {2}Candidate: (\S+)/gm)].map((found) => found[1])
    if (candidates.length === packages.length && !candidates.includes("(none)")) return packages
  }
  return undefined
}

async function apt(command: readonly string[], say: (line: string) => void): Promise<void> {
  const [program = "", ...rest] = command
  const child = spawn(program, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: installMaxMs,
  })
  let tail = ""
  const hear = (chunk: Buffer): void => {
    tail = (tail + chunk.toString("utf8")).slice(-4_000)
    for (const line of chunk.toString("utf8").split("\n"))
      if (/^(Setting up (postgresql|chromium)|E:|Err)/.test(line)) say(line)
  }
  child.stdout.on("data", hear)
  child.stderr.on("data", hear)
  const code = await new Promise<number>((resolve, reject) => {
    child.once("error", reject)
    child.once("close", (status) => resolve(status ?? 1))
  })
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${tail}`)
}

const clusterSettings = "/etc/postgresql-common/createcluster.conf"

/**
 * Installing Debian's PostgreSQL package starts a server of its own on port 5432, which nobody asked for.
 * The setting that says no is written before and taken back after, where the file is not there already.
 */
export async function withoutSystemCluster<T>(task: () => Promise<T>): Promise<T> {
  const root = await becomeRoot()
  if (root === undefined || existsSync(clusterSettings)) return task()
  const shell = async (script: string): Promise<void> => {
    const [program, ...rest] = [...root, "sh", "-c", script]
    await run(program, rest, { timeout: 10_000 })
  }
  await shell(
    `mkdir -p /etc/postgresql-common && echo 'create_main_cluster = false' > ${clusterSettings}`,
  )
  try {
    return await task()
  } finally {
    // The package finds a file of ours and lays its own beside it.
    await shell(
      `rm -f ${clusterSettings}; for end in ucf-dist dpkg-dist; do [ ! -e ${clusterSettings}.$end ] || mv ${clusterSettings}.$end ${clusterSettings}; done`,
    )
  }
}
