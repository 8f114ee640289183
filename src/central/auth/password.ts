/** Passwords: argon2id, stored in the usual PHC form so that its cost can rise later. */
import { argon2, randomBytes, timingSafeEqual } from "node:crypto"
import { Gate } from "./gate.ts"

/** RFC 9106's second choice, lowered to what a small machine can give for each sign-in. */
const cost = { memory: 19_456, passes: 2, parallelism: 1 }
const tagLength = 32

type Cost = typeof cost

/** As many as the thread pool has threads: more at once would take memory and no less time. */
const gate = new Gate(4)

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const tag = await derive(password, salt, cost)
  const parameters = `m=${cost.memory},t=${cost.passes},p=${cost.parallelism}`
  return `$argon2id$v=19$${parameters}$${plain(salt)}$${plain(tag)}`
}

const plain = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "")

const shape = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** Whether a hash made today would cost more to guess. */
export function isCheap(stored: string): boolean {
  const [, memory, passes, parallelism] = shape.exec(stored) ?? []
  return (
    Number(memory) < cost.memory ||
    Number(passes) < cost.passes ||
    Number(parallelism) < cost.parallelism
  )
}

/** Whether `password` is the one that `stored` was made of. An unreadable `stored` opens for nobody. */
export async function verifyPassword(stored: string, password: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, tag] = shape.exec(stored) ?? []
  if (salt === undefined || tag === undefined) return false
  const wanted = Buffer.from(tag, "base64")
  const given = await derive(password, Buffer.from(salt, "base64"), {
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  })
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

const derive = (password: string, salt: Buffer, asked: Cost): Promise<Buffer> =>
  gate.run(() => derived(password, salt, asked))

function derived(password: string, salt: Buffer, { memory, passes, parallelism }: Cost) {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  argon2(
    "argon2id",
    // Typed on another keyboard it may come composed differently; it is the same password.
    { message: password.normalize("NFKC"), nonce: salt, memory, passes, parallelism, tagLength },
    (error, key) => {
      if (error === null) resolve(Buffer.from(key))
      else reject(error)
    },
  )
  return promise
}
