/** A program of its own: prints the current context of the kubeconfig it is given, as JSON. See `access.ts`. */
import { readFileSync } from "node:fs"
import { type Cluster, KubeConfig, type User } from "@kubernetes/client-node"
import { assert } from "#core/assert.ts"

const file = process.argv[2]
assert(file !== undefined, "the reader is started with a file")
const config = new KubeConfig()
config.loadFromFile(file)
const cluster = config.getCurrentCluster()
const user = config.getCurrentUser()
if (cluster === null) throw new Error("its current context names no cluster")
if (user?.exec !== undefined || user?.authProvider !== undefined)
  throw new Error("exec and auth-provider plugins are not supported: use a token or a certificate")

const decoded = (data: string | undefined, path: string | undefined): string | undefined => {
  if (data !== undefined && data !== "") return Buffer.from(data, "base64").toString("utf8")
  return path === undefined || path === "" ? undefined : readFileSync(path, "utf8")
}

const answer = (at: Cluster, as: User | null) => ({
  server: at.server,
  authority: decoded(at.caData, at.caFile),
  verifyServer: !at.skipTLSVerify,
  clientCertificate: decoded(as?.certData, as?.certFile),
  clientKey: decoded(as?.keyData, as?.keyFile),
  token: as?.token,
})
process.stdout.write(JSON.stringify(answer(cluster, user)))
