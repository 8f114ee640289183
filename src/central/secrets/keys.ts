/**
 * The keys that stored secrets are sealed under: the first one seals, the others only open what is sealed
 * under them still. They come from the environment or a file, never from the database that they protect.
 */
import { randomBytes } from "node:crypto"
import { mkdir, open, readFile } from "node:fs/promises"
import { dirname } from "node:path"
import type { Parsed, Problem } from "#core/parsed.ts"

export type SecretKey = { readonly id: string; readonly bytes: Buffer }

const keyBytes = 32
const keysMax = 20
const idShape = /^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$/
const example = "expected id:key, e.g. 2027a:<32 bytes in base64, `openssl rand -base64 32`>"

/** Reads `id:key` pairs, separated by commas or line ends; empty lines and those that begin with `#` say nothing. */
export function readKeys(field: string, text: string): Parsed<readonly SecretKey[]> {
  const problems: Problem[] = []
  const keys: SecretKey[] = []
  const entries = text
    .split(/[\n,]/)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "" && !entry.startsWith("#"))
  // What is wrong is told by its place: the text itself is a secret.
  for (const [at, entry] of entries.entries()) {
    const cut = entry.indexOf(":")
    const [id, key] = [entry.slice(0, Math.max(0, cut)), entry.slice(cut + 1)]
    const bytes = Buffer.from(key, "base64")
    if (!idShape.test(id)) problems.push({ field, problem: `key ${at + 1}: ${example}` })
    else if (bytes.length !== keyBytes || !/^[A-Za-z0-9+/_-]+=*$/.test(key))
      problems.push({ field, problem: `key ${id} is not ${keyBytes} bytes in base64; ${example}` })
    else if (keys.some((other) => other.id === id))
      problems.push({ field, problem: `key ${id} is there twice: each needs an id of its own` })
    else keys.push({ id, bytes })
  }
  if (entries.length === 0) problems.push({ field, problem: `holds no key; ${example}` })
  if (entries.length > keysMax) problems.push({ field, problem: `at most ${keysMax} keys` })
  return problems.length > 0 ? { kind: "bad", problems } : { kind: "ok", value: keys }
}

export const newKey = (): SecretKey => ({
  id: `k${randomBytes(4).toString("hex")}`,
  bytes: randomBytes(keyBytes),
})

/** The keys of a file that central keeps itself; made on the first call, readable by its owner only. */
export async function ownKeys(
  file: string,
): Promise<{ readonly keys: readonly SecretKey[]; readonly made: boolean }> {
  const held = await readFile(file, "utf8").catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  if (held === undefined) {
    const key = newKey()
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await using handle = await open(file, "wx", 0o600)
    await handle.writeFile(
      `# Keys of the secrets in central's database. Without them they cannot be read: keep a copy.\n${key.id}:${key.bytes.toString("base64")}\n`,
    )
    await handle.sync()
    return { keys: [key], made: true }
  }
  const read = readKeys(file, held)
  if (read.kind === "bad")
    throw new Error(read.problems.map(({ field, problem }) => `${field}: ${problem}`).join("; "))
  return { keys: read.value, made: false }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT"
