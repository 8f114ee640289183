/** A microkube of a test's own, which the test may also kill and start again on the same folder. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { kubeconfigAccess } from "#io/kube/access.ts"
import { KubeApi } from "#io/kube/api.ts"
import { MicrokubeFaults } from "#io/kube/faults.ts"
import { type Ground, groundOn } from "./contract/ground.ts"
import { RawKube } from "./contract/raw-kube.ts"

const program = join(import.meta.dirname, "../../src/microkube/main.ts")

export type SiteOptions = {
  /** Loopback block of the site, such as `127.92`. */
  readonly block: string
  readonly nodes?: readonly string[]
  readonly isolation?: "auto" | "none"
}

export class MicrokubeSite implements AsyncDisposable {
  readonly dir: string
  readonly #block: string
  readonly #stop = new AbortController()
  #child: ChildProcess | undefined
  #kube: RawKube | undefined
  #api: KubeApi | undefined
  kubeconfig = ""

  private constructor(dir: string, block: string) {
    this.dir = dir
    this.#block = block
  }

  static async open(options: SiteOptions): Promise<MicrokubeSite> {
    const dir = await mkdtemp(join(tmpdir(), "mk-test-"))
    const config = {
      nodes: options.nodes ?? ["node-1"],
      images: [
        { match: "shell:*", env: { PATH: process.env["PATH"] ?? "" }, entrypoint: ["sh", "-c"] },
      ],
      isolation: options.isolation ?? "auto",
      nodeGraceMs: 200,
    }
    await writeFile(join(dir, "config.json"), JSON.stringify(config))
    const site = new MicrokubeSite(dir, options.block)
    await site.start()
    return site
  }

  async start(): Promise<void> {
    const given = ["--dir", join(this.dir, "d"), "--name", "test", "--block", this.#block]
    const child = spawn(
      process.execPath,
      [program, ...given, "--port", "0", "--config", join(this.dir, "config.json")],
      { stdio: ["pipe", "pipe", "inherit"] },
    )
    this.#child = child
    const lines = createInterface({ input: child.stdout })
    const line = await Promise.race([
      once(lines, "line", { signal: AbortSignal.timeout(30_000) }).then(([text]) => String(text)),
      once(child, "exit").then(() => ""),
    ])
    if (line === "") throw new Error("microkube ended before it was ready")
    const ready: { kubeconfig: string } = JSON.parse(line)
    this.kubeconfig = ready.kubeconfig
    this.#kube = await RawKube.open(this.kubeconfig)
    this.#api = new KubeApi(await kubeconfigAccess(this.kubeconfig))
  }

  get kube(): RawKube {
    if (this.#kube === undefined) throw new Error("the site is not started")
    return this.#kube
  }

  get faults(): MicrokubeFaults {
    if (this.#api === undefined) throw new Error("the site is not started")
    return new MicrokubeFaults(this.#api, this.#stop.signal)
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  ground(namespace: string): Ground {
    return groundOn(this.kube, namespace)
  }

  /** Ends it and waits for that; answers its exit code, null where the signal ended it. */
  async end(signal: "SIGTERM" | "SIGKILL"): Promise<number | null> {
    const child = this.#child
    if (child === undefined) return 0
    this.#kube?.[Symbol.dispose]()
    this.#api?.[Symbol.dispose]()
    child.kill(signal)
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
    this.#child = undefined
    return child.exitCode
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.end("SIGTERM")
    await rm(this.dir, { recursive: true, force: true })
  }
}
