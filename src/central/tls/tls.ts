/**
 * The certificate that both ports serve, now: from files, which are read again when they change, or of central's
 * own authority, made anew long before it ends. Whoever serves is told of each new one; nobody restarts.
 */
import { X509Certificate } from "node:crypto"
import { readFile, writeFile } from "node:fs/promises"
import { type Millis, minutes, seconds } from "#core/units.ts"
import { systemClock } from "#io/clock.ts"
import type { Log } from "#io/log.ts"
import { Outage } from "#io/outage.ts"
import { isStop } from "#io/together.ts"
import type { Database } from "#io/postgres/sql.ts"
import type { SecretBox } from "../secrets/secret-box.ts"
import { Authorities, isServingOld } from "./authorities.ts"
import type { TlsConfig } from "./config.ts"
import { readPair } from "./files.ts"

/** What a port needs. */
export type Served = {
  readonly certificate: string
  readonly key: string
  /** PEM: of these authorities satellites' certificates are; undefined where central signs none. */
  readonly clientAuthority: string | undefined
}

export type TlsOptions = {
  readonly config: Exclude<TlsConfig, { readonly kind: "plain" }>
  readonly database: Database
  readonly secrets: SecretBox
  readonly log: Log
  /** Where the authorities are written for whoever sets up satellites; undefined nowhere. */
  readonly bundleFile: string | undefined
  readonly lookEvery?: Millis
}

const day = 86_400_000
const warnBefore = 14 * day
const authoritiesEvery = minutes(30)

export class Tls {
  readonly #options: TlsOptions
  /** Undefined where central was given no key to seal theirs with: it signs nothing then. */
  readonly authorities: Authorities | undefined
  readonly #listeners = new Set<(served: Served) => void>()
  #served: Served | undefined
  #bundle: string | undefined
  #refusedFiles = ""
  #warnedAt = Number.NEGATIVE_INFINITY
  #authoritiesAt = Number.NEGATIVE_INFINITY

  private constructor(options: TlsOptions) {
    this.#options = options
    const { database, secrets } = options
    this.authorities =
      secrets.current === undefined ? undefined : new Authorities(database, secrets)
  }

  /** Throws an `Outage` while the database is away, and what is wrong with the files. */
  static async open(options: TlsOptions): Promise<Tls> {
    const tls = new Tls(options)
    await tls.look(Date.now())
    if (tls.#served === undefined)
      throw new Error(`the certificate cannot be served: ${tls.#refusedFiles}`)
    return tls
  }

  get clients() {
    return this.#options.config.clients
  }

  /** Whether its authority is central's own, which browsers do not know. */
  get isPrivate(): boolean {
    return this.#options.config.kind === "private"
  }

  get served(): Served {
    if (this.#served === undefined) throw new Error("asked before it was opened")
    return this.#served
  }

  /** PEM of what this central's certificate is verified with; undefined where central was not told. */
  get bundle(): string | undefined {
    return this.#bundle
  }

  onChange(listener: (served: Served) => void): void {
    this.#listeners.add(listener)
  }

  /** Looks again and again until `signal`. A database that is away only delays it. */
  async run(signal: AbortSignal): Promise<void> {
    const { log, lookEvery } = this.#options
    while (!signal.aborted) {
      try {
        await systemClock.sleep(lookEvery ?? seconds(10), signal)
        await this.look(Date.now())
      } catch (error) {
        if (isStop(error, signal)) return
        if (error instanceof Outage) log.warn("tls.waiting", { why: error.message })
        else log.error("tls.failed", { error })
      }
    }
  }

  async look(now: number): Promise<void> {
    const { config } = this.#options
    if (performance.now() - this.#authoritiesAt >= authoritiesEvery) {
      await this.authorities?.refresh(now)
      this.#authoritiesAt = performance.now()
    }
    const pair =
      config.kind === "private" ? await this.#own(config.names, now) : await this.#read(config)
    if (pair !== undefined) this.#serve(pair)
    this.#warn(now)
    await this.#show(config)
  }

  async #own(names: readonly string[], now: number) {
    const held = this.#served
    return held === undefined || isServingOld(held.certificate, now)
      ? this.authorities?.serving(names, now)
      : held
  }

  /** Undefined where the files are not a pair: somebody is just writing them, or made a mistake. */
  async #read({ certificate, key }: Extract<TlsConfig, { readonly kind: "files" }>) {
    const problem = (why: string): undefined => {
      if (why !== this.#refusedFiles)
        this.#options.log.error("tls.files-refused", {
          why,
          next: "what was served before is served on; mend the files",
        })
      this.#refusedFiles = why
      return undefined
    }
    try {
      const read = readPair(await readFile(certificate, "utf8"), await readFile(key, "utf8"))
      if (read.kind === "ok") {
        this.#refusedFiles = ""
        return read.value
      }
      return problem(read.problems.map((one) => `${one.field} ${one.problem}`).join("; "))
    } catch (error) {
      return problem(error instanceof Error ? error.message : String(error))
    }
  }

  #serve({ certificate, key }: Pick<Served, "certificate" | "key">): void {
    const before = this.#served
    const clientAuthority = this.authorities?.bundle
    if (before?.certificate === certificate && before.clientAuthority === clientAuthority) return
    const served = { certificate, key, clientAuthority }
    this.#served = served
    const { subject, validTo, subjectAltName } = new X509Certificate(certificate)
    this.#options.log.event("tls.certificate", { subject, names: subjectAltName, until: validTo })
    for (const listener of this.#listeners) listener(served)
  }

  /** Once a day: a certificate from files is somebody else's to renew. */
  #warn(now: number): void {
    const until = this.#served && Date.parse(new X509Certificate(this.#served.certificate).validTo)
    if (until === undefined || until > now + warnBefore || this.#warnedAt > now - day) return
    this.#warnedAt = now
    this.#options.log.error("tls.ends-soon", {
      until: new Date(until).toISOString(),
      next: "satellites will not connect any more; write a new certificate to the files, it is read by itself",
    })
  }

  async #show(config: TlsOptions["config"]): Promise<void> {
    const { log, bundleFile } = this.#options
    const bundle =
      config.kind === "private"
        ? this.authorities?.bundle
        : config.authority === undefined
          ? undefined
          : await readFile(config.authority, "utf8").catch(() => this.#bundle)
    if (bundle === this.#bundle) return
    this.#bundle = bundle
    if (bundle === undefined || bundleFile === undefined) return
    await writeFile(bundleFile, bundle, { mode: 0o644 })
    log.event("tls.authority", { file: bundleFile, sha256: fingerprints(bundle) })
  }
}

/** SHA-256 of each certificate of a PEM text, as `openssl x509 -fingerprint -sha256` prints it. */
export const fingerprints = (pem: string): readonly string[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []).map(
    (one) => new X509Certificate(one).fingerprint256,
  )
