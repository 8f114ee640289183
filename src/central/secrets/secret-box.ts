/**
 * Seals what central must be able to read again, column by column: AES-256-GCM under a key that the
 * database does not hold. A sealed value names its key, and opens only in the row that it was sealed for:
 * copied to another row, another column or another cluster it is refused.
 *
 *     v1:<key id>:<base64url of nonce, ciphertext and tag>
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import { present } from "#core/assert.ts"
import type { SecretKey } from "./keys.ts"

/** Where a value lives: table, column, and what its row is known by. */
export type Place = {
  readonly table: string
  readonly column: string
  readonly row: readonly string[]
}

const version = "v1"
const nonceBytes = 12
const tagBytes = 16

/** Why a stored secret does not open. Never says what is in it. */
export class SecretUnreadable extends Error {
  override readonly name = "SecretUnreadable"
  readonly code: "KEY_MISSING" | "TAMPERED"

  constructor(code: "KEY_MISSING" | "TAMPERED", message: string) {
    super(message)
    this.code = code
  }
}

export class SecretBox {
  readonly #keys: ReadonlyMap<string, Buffer>
  /** Id of the key that new values are sealed under; undefined where central was given none. */
  readonly current: string | undefined

  constructor(keys: readonly SecretKey[]) {
    this.#keys = new Map(keys.map(({ id, bytes }) => [id, bytes]))
    this.current = keys[0]?.id
  }

  get ids(): readonly string[] {
    return [...this.#keys.keys()]
  }

  seal(place: Place, text: string): string {
    const id = present(this.current, "who seals has asked whether there is a key")
    const nonce = randomBytes(nonceBytes)
    const cipher = createCipheriv("aes-256-gcm", this.#key(id, place), nonce, {
      authTagLength: tagBytes,
    })
    cipher.setAAD(bound(place, id))
    const body = Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final()])
    return `${version}:${id}:${Buffer.concat([body, cipher.getAuthTag()]).toString("base64url")}`
  }

  /** Throws `SecretUnreadable`. */
  open(place: Place, sealed: string): string {
    const [form, id = "", body = ""] = sealed.split(":")
    const bytes = Buffer.from(body, "base64url")
    if (form !== version || bytes.length < nonceBytes + tagBytes)
      throw new SecretUnreadable("TAMPERED", `${shown(place)} holds no sealed value`)
    const decipher = createDecipheriv(
      "aes-256-gcm",
      this.#key(id, place),
      bytes.subarray(0, nonceBytes),
      { authTagLength: tagBytes },
    )
    decipher.setAAD(bound(place, id))
    decipher.setAuthTag(bytes.subarray(-tagBytes))
    try {
      const text = decipher.update(bytes.subarray(nonceBytes, -tagBytes))
      return Buffer.concat([text, decipher.final()]).toString("utf8")
    } catch {
      throw new SecretUnreadable(
        "TAMPERED",
        `${shown(place)} does not open under key ${id}: it was changed, moved from another row, or sealed under another key of that id`,
      )
    }
  }

  #key(id: string, place: Place): Buffer {
    const key = this.#keys.get(id)
    if (key === undefined)
      throw new SecretUnreadable(
        "KEY_MISSING",
        `${shown(place)} is sealed under key ${id.slice(0, 40)}, which central was not given`,
      )
    return key
  }
}

const bound = ({ table, column, row }: Place, key: string): Buffer =>
  Buffer.from(JSON.stringify([version, key, table, column, ...row]), "utf8")

const shown = ({ table, column, row }: Place): string =>
  `${table}.${column} of ${row.map((part) => JSON.stringify(part)).join(", ")}`
