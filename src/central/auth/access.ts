/** Who is asking: sessions of people in browsers, API tokens of programs, and the first admin. */
import { randomBytes, randomUUID } from "node:crypto"
import type { Standing } from "#core/access/may.ts"
import { scopeOf } from "#core/access/scope.ts"
import type { Database, Sql } from "#io/postgres/sql.ts"
import type { Session } from "#wire/rest/access.ts"
import { done, type Outcome, refused } from "../refusal.ts"
import {
  changePassword,
  deleteSession,
  findPerson,
  findSession,
  insertPerson,
  insertSession,
  isAnybodyThere,
  type Person,
  useToken,
} from "../store/access.ts"
import { type Actor, central } from "../intent/actor.ts"
import { tell } from "../intent/tell.ts"
import { Limit } from "./limit.ts"
import { hashPassword, verifyPassword } from "./password.ts"
import { newSessionToken, sha256 } from "./secret.ts"

export const sessionHours = 12

export type Caller = Actor &
  Standing & {
    readonly personId: string
    readonly by: "session" | "token"
    /** Undefined never. */
    readonly expiresAt: number | undefined
  }

export type Credentials = {
  readonly bearer: string | undefined
  readonly session: string | undefined
}

/** The caller behind the credentials, or undefined. A bearer token that is wrong is not helped by a cookie. */
export async function identify(
  sql: Sql,
  given: Credentials,
  asked: Pick<Actor, "address" | "requestId">,
): Promise<Caller | undefined> {
  if (given.bearer !== undefined) {
    if (!given.bearer.startsWith("pgs_")) return undefined
    const holder = await useToken(sql, sha256(given.bearer))
    return holder && { ...holder, ...asked, by: "token" }
  }
  if (given.session === undefined) return undefined
  const holder = await findSession(sql, sha256(given.session))
  return holder && { ...holder, ...asked, by: "session" }
}

/** Wrong passwords that one address may try for one user: ten at once, then one in ten seconds. */
const wrongTries = { burst: 10, perSecond: 0.1 }
/** And for all users together: somebody who tries many names. */
const wrongTriesOfAddress = { burst: 50, perSecond: 0.5 }
/** Each costs 19 MiB and some tens of milliseconds: more at once wait no longer, they are turned away. */
const atOnceMax = 8

export type SignedIn = { readonly token: string; readonly session: Session }

export class SignIn {
  readonly #database: Database
  readonly #wrong = new Limit(wrongTries)
  readonly #wrongOfAddress = new Limit(wrongTriesOfAddress)
  #atOnce = 0
  /** Checked for users that do not exist, so that they take as long as those that do. */
  readonly #nobody: Promise<string>

  constructor(database: Database) {
    this.#database = database
    this.#nobody = hashPassword(randomBytes(16).toString("hex"))
  }

  async signIn(
    user: string,
    password: string,
    address: string,
    now: number,
  ): Promise<Outcome<SignedIn>> {
    const key = `${address} ${user}`
    const wait = Math.max(this.#wrong.wait(key, now), this.#wrongOfAddress.wait(address, now))
    if (wait > 0 || this.#atOnce >= atOnceMax)
      return refused(
        429,
        "TOO_MANY_TRIES",
        `too many sign-ins failed; try again in ${Math.max(1, wait)} seconds`,
      )
    this.#atOnce += 1
    try {
      const person = await findPerson(this.#database.sql, user)
      const right = await verifyPassword(person?.passwordHash ?? (await this.#nobody), password)
      if (person !== undefined && !person.disabled && right) return done(await this.#open(person))
      this.#wrong.take(key, now)
      this.#wrongOfAddress.take(address, now)
      await tell(this.#database.sql, { name: "nobody" }, undefined, [
        {
          kind: "sign-in.failed",
          severity: "warning",
          message: `a sign-in from ${address} failed`,
          details: { address },
        },
      ])
      return refused(401, "WRONG_CREDENTIALS", "user or password is wrong")
    } finally {
      this.#atOnce -= 1
    }
  }

  async #open(person: Person): Promise<SignedIn> {
    const token = newSessionToken()
    const { id, name } = person
    const expiresAt = await this.#database.transaction(async (sql) => {
      const expires = await insertSession(sql, sha256(token), id, sessionHours)
      await tell(sql, { name }, undefined, [{ kind: "sign-in.done", message: `${name} signed in` }])
      return expires
    })
    return {
      token,
      session: {
        user: name,
        role: person.role,
        scope: [...scopeOf(person.scope)],
        expiresAt: new Date(expiresAt).toISOString(),
      },
    }
  }
}

export const signOut = async (sql: Sql, session: string): Promise<void> =>
  deleteSession(sql, sha256(session))

export type FirstAdmin =
  | { readonly kind: "there-already" }
  | { readonly kind: "made"; readonly printed: string | undefined }

/**
 * Sees to it that somebody can sign in. On an empty database the admin is made, with the given password or
 * one that is made up and returned to be printed once. Later a given password replaces the admin's.
 */
export async function ensureAdmin(
  database: Database,
  name: string,
  given: string | undefined,
): Promise<FirstAdmin> {
  const { sql } = database
  if (await isAnybodyThere(sql)) {
    if (given !== undefined) await followPassword(database, name, given)
    return { kind: "there-already" }
  }
  const password = given ?? randomBytes(15).toString("base64url")
  const made = await insertPerson(sql, {
    id: randomUUID(),
    name,
    role: "admin",
    scope: {},
    passwordHash: await hashPassword(password),
  })
  if (!made) return { kind: "there-already" }
  return { kind: "made", printed: given === undefined ? password : undefined }
}

async function followPassword(database: Database, name: string, given: string): Promise<void> {
  const person = await findPerson(database.sql, name)
  if (person === undefined) {
    await insertPerson(database.sql, {
      id: randomUUID(),
      name,
      role: "admin",
      scope: {},
      passwordHash: await hashPassword(given),
    })
  } else if (!(await verifyPassword(person.passwordHash ?? "", given))) {
    const hash = await hashPassword(given)
    await database.transaction(async (sql) => {
      await changePassword(sql, person.id, hash)
      await tell(sql, central, undefined, [
        { kind: "password.changed", message: `the password of ${name} was set from outside` },
      ])
    })
  }
}
