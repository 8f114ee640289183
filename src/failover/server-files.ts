/**
 * The files that the satellite gives the server, as the server reads them: copies on the in-memory volume. What
 * PostgreSQL would refuse is never put there, so that a server which crashes can always start with what it had; and
 * a standby gets no less than its own WAL asks for.
 */
import { readFile, rename, writeFile } from "node:fs/promises"
import { join } from "node:path"
import * as z from "zod"
import { standbyFloors } from "#core/cluster/member-config.ts"
import { configKey } from "#core/names.ts"
import { KeptFiles } from "#io/kept-files.ts"
import { readMark, writeMark } from "#io/postgres/data-directory.ts"
import { controlFile, readControlFile } from "#io/postgres/control-file.ts"
import { Outage } from "#io/outage.ts"
import type { Config } from "./config.ts"
import type { ServerRole } from "./running-config.ts"

export type ServerText = { readonly conf: string; readonly hba: string }

export const isSameText = (a: ServerText | undefined, b: ServerText | undefined): boolean =>
  a?.conf === b?.conf && a?.hba === b?.hba

type Floors = {
  readonly conf: string
  readonly needs: ReadonlyMap<string, number>
  readonly floors: ReadonlyMap<string, number>
}

const formerMark = "former-config"
const formerSchema = z.object({ conf: z.string(), hba: z.string() })

/** What cannot be read is as good as none. */
function parseFormer(text: string): ServerText | undefined {
  try {
    return formerSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

const kept = { conf: "profile.conf", hba: "profile.hba" } as const

export class ServerFiles {
  readonly #config: Pick<Config, "runDir" | "configDir" | "dataDir">
  readonly #offered: KeptFiles<ServerText>
  /** What the WAL of the data asks of a standby. */
  readonly #needs: KeptFiles<ReadonlyMap<string, number>>
  #taken: ServerText | undefined
  #former: { readonly text: ServerText | undefined } | undefined
  #floors: ReadonlyMap<string, number> = new Map()
  #standing: Floors | undefined

  constructor(config: Pick<Config, "runDir" | "configDir" | "dataDir">) {
    this.#config = config
    const conf = join(config.configDir, configKey.postgresqlConf)
    const hba = join(config.configDir, configKey.hba)
    this.#offered = new KeptFiles(
      [conf, hba],
      async () => ({ conf: await readFile(conf, "utf8"), hba: await readFile(hba, "utf8") }),
      "at-once",
    )
    const pgdata = join(config.dataDir, "pgdata")
    this.#needs = new KeptFiles(
      [controlFile(pgdata)],
      async () => (await readControlFile(pgdata)).standbyNeeds,
      "beside",
    )
  }

  /** Where the server's own file includes the profile's from. */
  get conf(): string {
    return join(this.#config.runDir, kept.conf)
  }

  /** What a standby was given instead of lower values, when the files were last put. */
  get held(): readonly string[] {
    return [...this.#floors.keys()]
  }

  /** What the satellite wrote. */
  offered(): Promise<ServerText> {
    return this.#offered.get()
  }

  /** What the server has been given; a sidecar that restarted finds it where it was put. */
  async taken(): Promise<ServerText> {
    this.#taken ??= (await this.#kept()) ?? (await this.offered())
    return this.#taken
  }

  /**
   * What a server ran with, with nothing that waited for a restart: it starts with that again. On the data volume, so
   * that a new pod has it too.
   */
  async former(): Promise<ServerText | undefined> {
    if (this.#former === undefined) {
      const text = await readMark(this.#config.dataDir, formerMark)
      this.#former = { text: text === undefined ? undefined : parseFormer(text) }
    }
    return this.#former.text
  }

  /** Everything in `text` is in force. */
  async proven(text: ServerText): Promise<void> {
    if (isSameText(text, await this.former())) return
    await writeMark(this.#config.dataDir, formerMark, JSON.stringify(text))
    this.#former = { text }
  }

  take(text: ServerText): void {
    this.#taken = text
  }

  /** Puts what is taken where the server reads it. */
  async put(
    as: ServerRole,
  ): Promise<{ readonly hba: string; readonly floors: ReadonlyMap<string, number> }> {
    const { conf, hba } = await this.taken()
    await this.#write(kept.conf, conf)
    await this.#write(kept.hba, hba)
    this.#floors = as === "standby" ? await this.#floorsFor(conf) : new Map()
    return { hba, floors: this.#floors }
  }

  /** Whether a standby should be given something else by now: its WAL asks for less, or for more. */
  async haveMoved(): Promise<boolean> {
    const now = await this.#floorsFor((await this.taken()).conf)
    return (
      now.size !== this.#floors.size ||
      [...this.#floors].some(([name, value]) => now.get(name) !== value)
    )
  }

  async #floorsFor(conf: string): Promise<ReadonlyMap<string, number>> {
    try {
      const needs = await this.#needs.get()
      if (this.#standing?.conf !== conf || this.#standing.needs !== needs)
        this.#standing = { conf, needs, floors: standbyFloors(conf, needs) }
      return this.#standing.floors
    } catch (failure) {
      // No data yet, or none that a server could start with.
      if (failure instanceof Outage) return new Map()
      throw failure
    }
  }

  async #kept(): Promise<ServerText | undefined> {
    const { runDir } = this.#config
    try {
      return {
        conf: await readFile(join(runDir, kept.conf), "utf8"),
        hba: await readFile(join(runDir, kept.hba), "utf8"),
      }
    } catch {
      return undefined
    }
  }

  async #write(name: string, text: string): Promise<void> {
    const file = join(this.#config.runDir, name)
    await writeFile(`${file}.new`, text, { mode: 0o600 })
    await rename(`${file}.new`, file)
  }
}
