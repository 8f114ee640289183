/**
 * How to reach a Kubernetes API: by the pod's service account, or by a kubeconfig when a program runs
 * outside (demo, tests). The official client library reads kubeconfigs; it costs 90 MB of memory, so it
 * does that in a process of its own that ends (docs/decisions: satellite's Kubernetes client).
 */
import { execFile } from "node:child_process"
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import * as z from "zod"
import { seconds } from "#core/units.ts"
import { Outage } from "#io/outage.ts"

export type KubeAccess = {
  readonly server: URL
  /** PEM. */
  readonly authority: string | undefined
  readonly clientCertificate: string | undefined
  readonly clientKey: string | undefined
  readonly verifyServer: boolean
  /** Asked before each request: service account tokens are renewed on disk. */
  readonly token: () => Promise<string | undefined>
}

export type ServiceHost = { readonly host: string; readonly port: number }

/** Access by the service account that Kubernetes mounts into the pod at `folder`. */
export async function podAccess(service: ServiceHost, folder: string): Promise<KubeAccess> {
  const host = service.host.includes(":") ? `[${service.host}]` : service.host
  return {
    server: new URL(`https://${host}:${service.port}`),
    authority: await readOrRefuse(`${folder}/ca.crt`),
    clientCertificate: undefined,
    clientKey: undefined,
    verifyServer: true,
    token: renewed(`${folder}/token`),
  }
}

async function readOrRefuse(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8")
  } catch (cause) {
    throw new Outage("NO_SERVICE_ACCOUNT", `cannot read ${file}`, { cause })
  }
}

const tokenAge = seconds(60)

function renewed(file: string): () => Promise<string> {
  let cached: { readonly token: string; readonly readAt: number } | undefined
  return async () => {
    const now = performance.now()
    if (cached === undefined || now - cached.readAt > tokenAge)
      cached = { token: (await readOrRefuse(file)).trim(), readAt: now }
    return cached.token
  }
}

const readerAnswer = z.strictObject({
  server: z.url(),
  authority: z.string().optional(),
  clientCertificate: z.string().optional(),
  clientKey: z.string().optional(),
  token: z.string().optional(),
  verifyServer: z.boolean(),
})

/** Access by the current context of a kubeconfig file. */
export async function kubeconfigAccess(file: string): Promise<KubeAccess> {
  // Beside this file in the sources, beside the bundle where it was bundled (scripts/build.ts).
  const name = import.meta.url.endsWith(".ts") ? "kubeconfig-reader.ts" : "kubeconfig-reader.js"
  const reader = fileURLToPath(new URL(name, import.meta.url))
  const answer = await run(reader, file)
  return {
    server: new URL(answer.server),
    authority: answer.authority,
    clientCertificate: answer.clientCertificate,
    clientKey: answer.clientKey,
    verifyServer: answer.verifyServer,
    token: async () => answer.token,
  }
}

async function run(reader: string, file: string): Promise<z.infer<typeof readerAnswer>> {
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [reader, file], {
      timeout: seconds(60),
      maxBuffer: 4 * 1024 * 1024,
    })
    return readerAnswer.parse(JSON.parse(stdout))
  } catch (cause) {
    throw new Outage("KUBECONFIG_UNREADABLE", `cannot use the kubeconfig ${file}`, { cause })
  }
}
