/** Everything of one site, put together: opened, started, stopped. */
import { createHash, randomBytes } from "node:crypto"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"

import { Accounts } from "./api/accounts.ts"
import type { Gate } from "./api/gate.ts"
import { Rights } from "./api/rights.ts"
import { ApiServer } from "./api/server.ts"
import { noSuchPath } from "./api-error.ts"
import { bootstrap } from "./bootstrap.ts"
import { certificatesIn } from "./certificates.ts"
import type { Config } from "./config.ts"
import { annotationsOf, nameOf } from "./object.ts"
import { isTrueAt, at } from "./json.ts"
import { log } from "./log.ts"
import { Objects } from "./objects.ts"
import { Store } from "./store/store.ts"

export type Started = { readonly kubeconfig: string; readonly url: string }

const open: Gate = { treat: () => ({ kind: "pass" }), onChange: () => () => undefined }

export class Site {
  readonly #config: Config
  readonly #store: Store
  readonly #objects: Objects
  #server: ApiServer | undefined

  private constructor(config: Config, store: Store, objects: Objects) {
    this.#config = config
    this.#store = store
    this.#objects = objects
  }

  static open(given: Config): Site {
    const config = { ...given, dir: resolve(given.dir) }
    mkdirSync(config.dir, { recursive: true, mode: 0o755 })
    const store = new Store(join(config.dir, "objects.sqlite"))
    const objects = new Objects(store, surroundings(store, config), Date.now)
    return new Site(config, store, objects)
  }

  async start(): Promise<Started> {
    const { dir, block, port } = this.#config
    const host = `${block}.0.1`
    const certificates = certificatesIn(dir, host, Date.now())
    const adminToken = secretIn(dir, "admin.token")
    const accounts = new Accounts(this.#store, secretIn(dir, "tokens.key"), adminToken, Date.now)
    bootstrap(this.#objects, this.#config)
    const server = new ApiServer({
      host,
      port,
      key: certificates.key,
      certificate: certificates.certificate,
      objects: this.#objects,
      accounts,
      rights: new Rights(this.#store),
      gate: open,
      logs: () => Promise.reject(noSuchPath()),
      admin: () => Promise.resolve(false),
      onBug: (error) => {
        log("api.bug", {
          error: error instanceof Error ? (error.stack ?? error.message) : String(error),
        })
      },
    })
    this.#server = server
    await server.listen()
    const kubeconfig = join(dir, "kubeconfig")
    writeKubeconfig(kubeconfig, this.#config.name, server.url, certificates.ca, adminToken)
    return { kubeconfig, url: server.url }
  }

  async stop(): Promise<void> {
    await this.#server?.close()
    this.#store.close()
  }
}

function surroundings(store: Store, config: Config): ConstructorParameters<typeof Objects>[1] {
  return {
    serviceAddress: () => `${config.block}.128.1`,
    defaultStorageClass: () => {
      const key = "storageclass.kubernetes.io/is-default-class"
      const found = store
        .list("storageclasses.storage.k8s.io")
        .find((one) => annotationsOf(one)[key] === "true")
      return found === undefined ? undefined : nameOf(found)
    },
    mountsToken: (namespace, account) => {
      const found = store.get("serviceaccounts", namespace, account)
      if (found === undefined) return undefined
      return (
        at(found, "automountServiceAccountToken") === undefined ||
        isTrueAt(found, "automountServiceAccountToken")
      )
    },
  }
}

/** A random secret kept in a file of the folder. */
function secretIn(dir: string, name: string): string {
  const file = join(dir, name)
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString("base64url"), { mode: 0o600 })
  return readFileSync(file, "utf8").trim()
}

function writeKubeconfig(
  file: string,
  name: string,
  server: string,
  ca: string,
  token: string,
): void {
  const document = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name,
        cluster: { server, "certificate-authority-data": Buffer.from(ca).toString("base64") },
      },
    ],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name, context: { cluster: name, user: "admin", namespace: "default" } }],
    "current-context": name,
  }
  writeFileSync(file, `${JSON.stringify(document, undefined, 2)}\n`, { mode: 0o600 })
}

export const shortHash = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 6)
