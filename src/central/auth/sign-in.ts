/** Signing in with a password: slow for whoever guesses, and as slow for names that do not exist. */
import { randomBytes } from "node:crypto"
import type { Database } from "#io/postgres/sql.ts"
import { tell } from "../intent/tell.ts"
import { done, later, type Outcome, refused } from "../refusal.ts"
import { findPerson, type PersonRow, rehashPassword } from "../store/person.ts"
import { Limit } from "./limit.ts"
import { hashPassword, isCheap, verifyPassword } from "./password.ts"
import { type OpenedSession, openSession } from "./session.ts"

/** Wrong passwords that one address may try for one name: ten at once, then one in ten seconds. */
const wrongTries = { burst: 10, perSecond: 0.1 }
/** And for all names together: somebody who tries many. */
const wrongTriesOfAddress = { burst: 50, perSecond: 0.5 }
/** And for one name from all addresses together: somebody who has many. */
const wrongTriesOfName = { burst: 60, perSecond: 0.2 }
/** Addresses from which a name signed in are remembered: guessing from elsewhere does not lock its owner out. */
const familiarMax = 10_000
/** Each waits for its turn at the hash, which has a bound of its own; more are turned away. */
const atOnceMax = 64

export type Attempt = {
  readonly user: string
  readonly password: string
  readonly address: string
  readonly userAgent: string | undefined
  readonly requestId: string
}

export class SignIn {
  readonly #database: Database
  readonly #wrong = new Limit(wrongTries)
  readonly #wrongOfAddress = new Limit(wrongTriesOfAddress)
  readonly #wrongOfName = new Limit(wrongTriesOfName)
  readonly #familiar = new Set<string>()
  #atOnce = 0
  /** Checked for names that do not exist, so that they take as long as those that do. */
  readonly #nobody: Promise<string>

  constructor(database: Database) {
    this.#database = database
    this.#nobody = hashPassword(randomBytes(16).toString("hex"))
  }

  async signIn(attempt: Attempt, now: number): Promise<Outcome<OpenedSession>> {
    return this.#slowly(attempt.user, attempt.address, now, async () => {
      const person = await this.#verified(attempt)
      if (person === undefined) {
        await this.#noteFailure(attempt)
        return refused(401, "WRONG_CREDENTIALS", "user or password is wrong")
      }
      return done(
        await this.#database.transaction((sql) =>
          openSession(sql, person, { ...attempt, by: "password" }),
        ),
      )
    })
  }

  /** Whether this is the password of `name`, for who is signed in and must show it once more. */
  async confirm(
    name: string,
    password: string,
    address: string,
    now: number,
  ): Promise<Outcome<undefined>> {
    return this.#slowly(name, address, now, async () =>
      (await this.#verified({ user: name, password })) === undefined
        ? refused(403, "WRONG_CREDENTIALS", "the present password is another one", [
            { field: "current", problem: "is not the present password" },
          ])
        : done(undefined),
    )
  }

  /** Takes a try before it begins, so that many at once are counted too, and gives it back when it was right. */
  async #slowly<T>(
    user: string,
    address: string,
    now: number,
    work: () => Promise<Outcome<T>>,
  ): Promise<Outcome<T>> {
    const pair = `${address} ${user}`
    const limits = [
      [this.#wrong, pair],
      [this.#wrongOfAddress, address],
      ...(this.#familiar.has(pair) ? [] : [[this.#wrongOfName, user] as const]),
    ] as const
    const wait = Math.max(...limits.map(([limit, key]) => limit.wait(key, now)))
    if (wait > 0)
      return later(
        429,
        "TOO_MANY_TRIES",
        `too many sign-ins failed; try again in ${wait} seconds`,
        wait,
      )
    if (this.#atOnce >= atOnceMax)
      return later(503, "BUSY", "too many people sign in at this moment; try again", 1)
    for (const [limit, key] of limits) limit.take(key, now)
    this.#atOnce += 1
    try {
      const outcome = await work()
      if (outcome.kind === "refused") return outcome
      for (const [limit, key] of limits) limit.give(key, now)
      this.#remember(pair)
      return outcome
    } finally {
      this.#atOnce -= 1
    }
  }

  #remember(pair: string): void {
    this.#familiar.delete(pair)
    this.#familiar.add(pair)
    const [oldest] = this.#familiar
    if (this.#familiar.size > familiarMax && oldest !== undefined) this.#familiar.delete(oldest)
  }

  async #verified({
    user,
    password,
  }: Pick<Attempt, "user" | "password">): Promise<PersonRow | undefined> {
    const person = await findPerson(this.#database.sql, user)
    const stored = person?.passwordHash
    const right = await verifyPassword(stored ?? (await this.#nobody), password)
    if (person === undefined || stored === undefined || person.disabled || !right) return undefined
    if (isCheap(stored))
      await rehashPassword(this.#database.sql, person.id, stored, await hashPassword(password))
    return person
  }

  async #noteFailure({ address, requestId }: Attempt): Promise<void> {
    // Not which name: people type their password there.
    await tell(this.#database.sql, { name: "nobody" }, undefined, [
      {
        kind: "sign-in.failed",
        severity: "warning",
        message: `a sign-in from ${address} failed`,
        details: { address, request: requestId },
      },
    ])
  }
}
