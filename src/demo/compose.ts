/**
 * Puts the whole product together on this machine: central, and for each site a microkube and a satellite,
 * each a process of its own. Disposing of the demo stops every one of them.
 */
import { execFile } from "node:child_process"
import { randomBytes } from "node:crypto"
import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"
import { centralNodeEnv, centralNodeFlags, port } from "#core/names.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"
import { type Account, serverAccount } from "#io/process/account.ts"
import type { Cluster } from "#wire/rest/clusters.ts"
import { CentralApi, Refused } from "./central-api.ts"
import { readDemoFile, writeDemoFile } from "./demo-file.ts"
import type { DemoFlags } from "./flags.ts"
import { approveAll, ensureProfile, ensureRule, untilHealthy } from "./fleet.ts"
import { copyPrograms, empty, type Folder, openFolder } from "./folder.ts"
import { endLeftovers } from "./leftovers.ts"
import { takeLock } from "./lock.ts"
import { taken } from "./ports.ts"
import { ensurePostgres } from "./postgres.ts"
import { type Ended, type Program, Programs, type ReadyFields } from "./programs.ts"
import {
  addressesOf,
  giveKubeconfig,
  makeSiteFolders,
  microkubeSpec,
  plainEnvironment,
  satelliteSpec,
  type Site,
  siteAt,
  uplinkAddress,
  writeMicrokubeConfig,
} from "./site.ts"
import { siteNames } from "./site-names.ts"
import type { Say, Steps } from "./steps.ts"
import { cutFile, openUplink } from "./uplink.ts"

const run = promisify(execFile)

export const adminUser = "admin"
const centralReadyMs = 60_000
const registerMs = 60_000
const healthyMs = 180_000
const stopMs = 30_000

/** A reason to give up that the person at the keyboard can mend; told without a stack. */
export class CanNot extends Error {
  override readonly name = "CanNot"
}

export interface Demo extends AsyncDisposable {
  readonly url: string
  readonly grpc: string
  readonly token: string
  readonly api: CentralApi
  readonly password: string
  readonly folder: Folder
  readonly sites: readonly Site[]
  readonly postgres: readonly [ServerBinaries, ...ServerBinaries[]]
  /** By name: `central`, `<site>-kubernetes`, `<site>-satellite`. */
  readonly programs: ReadonlyMap<string, Program>
  /** Starts a program again that was stopped through its `stop`. */
  restart(name: string): Promise<Program>
  /** Resolves with the first program that ended although nobody stopped it. */
  readonly broken: Promise<Ended>
}

/** Everything runs and satellites ask to be let in; nobody is approved and there is no cluster yet. */
export async function openDemo(flags: DemoFlags, steps: Steps, signal: AbortSignal): Promise<Demo> {
  await using stack = new AsyncDisposableStack()
  const postgres = await steps.step("PostgreSQL server programs", async (say) => {
    const found = await ensurePostgres(flags.postgres, process.env["PATH"], say)
    say(`${found[0].version} in ${found[0].dir}`)
    return found
  })
  const account = await serverAccount()
  const folder = await steps.step(`folder ${flags.state}`, (say) =>
    prepare(flags, account, stack, say),
  )
  await steps.step("programs and dashboard", (say) => build(folder, say))
  const sites = siteNames(flags.sites).map((name, at) => siteAt(folder, name, flags.loopback + at))
  await refuseTaken(flags, sites)

  const programs = new Programs(folder.root, account)
  // Below the programs on the stack: a line is taken down when nobody talks over it any more.
  const lines = stack.use(new AsyncDisposableStack())
  stack.defer(() => stopInOrder(programs, sites))
  const password = await adminPassword(folder.root)
  const central = await steps.step("central", async () => {
    const spec = centralSpec(flags, folder, postgres[0], password)
    return addressesOfCentral(await programs.start(spec, signal), flags)
  })
  await steps.step(`${sites.length} sites: Kubernetes and satellite each`, async (say) => {
    await Promise.all(
      sites.map(async (site) => {
        await makeSiteFolders(site, account)
        const grpc = await uplinkOf(site, central.grpc, lines)
        await writeMicrokubeConfig(folder, site, postgres)
        await programs.start(microkubeSpec(folder, site, account), signal)
        await giveKubeconfig(site, account)
        await programs.start(satelliteSpec(folder, site, grpc), signal)
        say(`${site.name}: on 127.${site.block}.0.0/16`)
      }),
    )
  })
  const { api, token } = await signedIn(central.url, password, folder.root)
  await writeDemoFile(folder.root, {
    url: central.url,
    token,
    grpc: central.grpc,
    sites: sites.map(({ name, kubeconfig, folder: home }) => ({ name, kubeconfig, folder: home })),
  })
  const owned = stack.move()
  return {
    ...central,
    token,
    api,
    password,
    folder,
    sites,
    postgres,
    programs: programs.running,
    restart: (name) => programs.restart(name, signal),
    broken: programs.broken,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** What a person would do next in the dashboard; returns when every cluster is healthy. */
export async function settle(
  demo: Demo,
  flags: DemoFlags,
  steps: Steps,
  signal: AbortSignal,
): Promise<readonly Cluster[]> {
  const { api, sites, postgres } = demo
  await steps.step("sites let in", (say) =>
    approveAll(api, sites, { withinMs: registerMs, signal }, say),
  )
  await steps.step("a profile and a rule", async (say) => {
    const profile = await ensureProfile(api, flags, postgres[0].major, say)
    await ensureRule(api, profile, say)
  })
  return steps.step(`${sites.length} clusters healthy`, (say) =>
    untilHealthy(api, sites, { withinMs: healthyMs, signal }, say),
  )
}

/** Satellites first, then their Kubernetes with the databases, central last: nobody reports a loss that is none. */
async function stopInOrder(programs: Programs, sites: readonly Site[]): Promise<void> {
  const kinds = [
    sites.map(({ name }) => `${name}-satellite`),
    sites.map(({ name }) => `${name}-kubernetes`),
    ["central"],
  ]
  for (const names of kinds)
    await Promise.all(
      names.map(async (name) => {
        await programs.running.get(name)?.stop(stopMs)
      }),
    )
}

/** The folder, locked, with nothing running in it. */
async function prepare(
  flags: DemoFlags,
  account: Account | undefined,
  stack: AsyncDisposableStack,
  say: Say,
): Promise<Folder> {
  await mkdir(flags.state, { recursive: true })
  const locked = await takeLock(flags.state)
  if (locked.kind === "taken")
    throw new CanNot(
      `a demo with the folder ${flags.state} is running (process ${locked.by.pid}); stop it with Ctrl-C, or take another folder and other addresses: --state DIR --port P --loopback N`,
    )
  stack.use(locked.lock)
  // A microkube of root's demo runs as root itself, its containers do not.
  const uids = new Set([process.getuid?.() ?? 0, account?.uid ?? 0])
  const ended = await endLeftovers(flags.state, uids)
  if (ended > 0) say(`ended ${ended} processes that a killed demo had left behind`)
  // Whatever happens, nothing of ours outlives us.
  stack.defer(async () => void (await endLeftovers(flags.state, uids)))
  if (flags.fresh) await empty(flags.state)
  return openFolder(flags.state, account)
}

async function build(folder: Folder, say: Say): Promise<void> {
  const checkout = join(import.meta.dirname, "../..")
  const { stdout } = await run(process.execPath, [join(checkout, "scripts/build.ts")], {
    cwd: checkout,
    timeout: 180_000,
  })
  const built = stdout.split("\n").filter((line) => line.includes("built"))
  if (built.length > 0) say(built.map((line) => line.split(" ")[0]).join(", "))
  await copyPrograms(folder, join(checkout, "dist"))
}

async function refuseTaken(flags: DemoFlags, sites: readonly Site[]): Promise<void> {
  const central = taken([
    { host: flags.host, port: flags.port, purpose: "dashboard and REST" },
    { host: flags.host, port: grpcPort(flags), purpose: "gRPC for satellites" },
  ])
  const ofSites = taken(sites.flatMap(addressesOf))
  const problems = [
    ...(await central).map((problem) => `${problem}; choose another port with --port P`),
    ...(await ofSites).map(
      (problem) => `${problem}; stop it, or choose other addresses with --loopback N`,
    ),
  ]
  if (problems.length > 0) throw new CanNot(problems.join("\n"))
}

const grpcPort = (flags: DemoFlags): number =>
  flags.port === 0 ? 0 : flags.port + (port.centralGrpc - port.centralRest)

const centralSpec = (
  flags: DemoFlags,
  folder: Folder,
  postgres: ServerBinaries,
  password: string,
) => ({
  name: "central",
  command: [folder.node, ...centralNodeFlags, folder.program("central")] as const,
  asOurselves: false,
  cwd: folder.central,
  env: {
    ...plainEnvironment(folder.central),
    ...centralNodeEnv,
    PG_SWARM_DATA_DIR: folder.central,
    PG_SWARM_REST_LISTEN: `${flags.host}:${flags.port}`,
    PG_SWARM_GRPC_LISTEN: `${flags.host}:${grpcPort(flags)}`,
    // On loopback, or where whoever runs the demo listens on purpose.
    PG_SWARM_TLS: "off",
    PG_SWARM_ADMIN_USER: adminUser,
    PG_SWARM_ADMIN_PASSWORD: password,
    PG_SWARM_DASHBOARD_DIR: folder.dashboard,
    PG_SWARM_POSTGRES_BIN: postgres.dir,
  },
  isReady: ({ event }: ReadyFields) => event === "central.ready",
  readyWithinMs: centralReadyMs,
})

/** Where this machine reaches central: it may listen on every address, or on a port that the system chose. */
function addressesOfCentral(
  central: Program,
  flags: DemoFlags,
): { readonly url: string; readonly grpc: string } {
  const host = flags.host === "0.0.0.0" ? "127.0.0.1" : flags.host
  const portIn = (field: string): string => /:(\d+)$/.exec(String(central.ready[field]))?.[1] ?? "0"
  return { url: `http://${host}:${portIn("rest")}`, grpc: `http://${host}:${portIn("grpc")}` }
}

/** A line of the site's own to central, which starts whole, whatever was done to it last time. */
async function uplinkOf(site: Site, grpc: string, lines: AsyncDisposableStack): Promise<string> {
  await rm(cutFile(site.folder), { force: true })
  const { hostname, port: to } = new URL(grpc)
  const uplink = lines.use(
    await openUplink({
      listen: uplinkAddress(site),
      to: { host: hostname, port: Number(to) },
      siteFolder: site.folder,
    }),
  )
  return `http://${uplinkAddress(site).host}:${uplink.port}`
}

/** The same password for the same data, so that what was printed yesterday signs in today. */
async function adminPassword(root: string): Promise<string> {
  const path = join(root, "admin-password")
  const known = await readFile(path, "utf8").catch(() => "")
  if (known !== "") return known
  const made = randomBytes(12).toString("base64url")
  await writeFile(path, made, { mode: 0o600 })
  return made
}

/** A client with an API token: the one of last time, or a new one. */
async function signedIn(
  url: string,
  password: string,
  root: string,
): Promise<{ readonly api: CentralApi; readonly token: string }> {
  const before = await readDemoFile(root)
  if (before !== undefined) {
    const api = new CentralApi(url, { kind: "token", token: before.token })
    try {
      await api.call("overview")
      return { api, token: before.token }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
    }
  }
  const session = await new CentralApi(url, { kind: "none" }).signIn(adminUser, password)
  const { token } = await session.call("createToken", {
    body: { name: `demo ${new Date().toISOString()}` },
  })
  return { api: new CentralApi(url, { kind: "token", token }), token }
}
