/** The Kubernetes APIs that a suite runs on: microkube always, a real one where it is named. */
import { spawn } from "node:child_process"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"

export type OpenKube = AsyncDisposable & { readonly kubeconfig: string }

export type KubeUnderTest = {
  readonly name: string
  /** Why it cannot be used here; false when it can. */
  readonly skip: string | false
  readonly open: () => Promise<OpenKube>
}

const named = process.env["PG_SWARM_TEST_KUBECONFIG"] ?? ""

export const realKube: KubeUnderTest = {
  name: "Kubernetes",
  skip: named === "" ? "PG_SWARM_TEST_KUBECONFIG names no Kubernetes" : false,
  open: () =>
    Promise.resolve({ kubeconfig: named, [Symbol.asyncDispose]: () => Promise.resolve() }),
}

/** `block` is the part of the loopback network that is this site's own, e.g. `127.90`. */
export const microkube = (block: string): KubeUnderTest => ({
  name: "microkube",
  skip: false,
  open: () => startMicrokube(block),
})

async function startMicrokube(block: string): Promise<OpenKube> {
  const dir = await mkdtemp(join(tmpdir(), "microkube-"))
  const config = join(dir, "config.json")
  const standard = {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: {
      name: "standard",
      annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
    },
    provisioner: "microkube",
  }
  // No image is known: pods exist and wait for theirs, which is all that these suites ask of them.
  const content = { nodes: ["node-1"], images: [], storageClasses: [standard] }
  await writeFile(config, JSON.stringify(content))
  const program = join(import.meta.dirname, "../../src/microkube/main.ts")
  const given = ["--dir", join(dir, "site"), "--name", "suite", "--block", block, "--port", "0"]
  const child = spawn(process.execPath, [program, ...given, "--config", config], {
    stdio: ["ignore", "pipe", "ignore"],
  })
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  const lines = createInterface({ input: child.stdout })
  const ready = new Promise<string>((resolve, reject) => {
    lines.once("line", resolve)
    void exited.then(() => reject(new Error("microkube ended before it was ready")))
  })
  const { kubeconfig }: { kubeconfig: string } = JSON.parse(await ready)
  return {
    kubeconfig,
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGTERM")
      await exited
      await rm(dir, { recursive: true, force: true })
    },
  }
}
