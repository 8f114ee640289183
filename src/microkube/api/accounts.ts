/** Who asks: bearer tokens and the accounts they stand for. */
import { createHmac, timingSafeEqual } from "node:crypto"

import { parseObject, textAt, textsAt } from "../json.ts"
import { uidOf } from "../object.ts"
import type { Store } from "../store/store.ts"

export type User = {
  readonly name: string
  readonly groups: readonly string[]
  /** The pod whose token it is. */
  readonly pod: string | undefined
  readonly uid: string | undefined
}

export type Binding = { readonly pod: string; readonly podUid: string }

const issuer = "https://kubernetes.default.svc"
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url")

export class Accounts {
  readonly #store: Store
  readonly #key: string
  readonly #adminToken: string
  readonly #now: () => number

  /** `key` signs the tokens of service accounts; `adminToken` may do everything. */
  constructor(store: Store, key: string, adminToken: string, now: () => number) {
    this.#store = store
    this.#key = key
    this.#adminToken = adminToken
    this.#now = now
  }

  #sign(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64url")
  }

  /** A token of the account, bound to a pod where one is given. */
  token(
    namespace: string,
    account: string,
    lifeSeconds: number,
    audiences: readonly string[],
    binding?: Binding,
  ): string {
    const found = this.#store.get("serviceaccounts", namespace, account)
    const now = Math.floor(this.#now() / 1000)
    const claims = {
      aud: audiences.length === 0 ? [issuer] : audiences,
      exp: now + lifeSeconds,
      iat: now,
      nbf: now,
      iss: issuer,
      sub: `system:serviceaccount:${namespace}:${account}`,
      "kubernetes.io": {
        namespace,
        serviceaccount: { name: account, uid: found === undefined ? "" : uidOf(found) },
        ...(binding === undefined ? {} : { pod: { name: binding.pod, uid: binding.podUid } }),
      },
    }
    const text = `${encode({ alg: "HS256", typ: "JWT", kid: "microkube" })}.${encode(claims)}`
    return `${text}.${this.#sign(text)}`
  }

  /** The user behind an Authorization header; undefined when it proves nothing. */
  userOf(header: string | undefined): User | undefined {
    const token = /^Bearer\s+(\S+)$/i.exec(header ?? "")?.[1]
    if (token === undefined) return undefined
    return isSame(token, this.#adminToken) ? administrator : this.userOfToken(token)
  }

  userOfToken(token: string): User | undefined {
    const [head, body, signature, ...more] = token.split(".")
    if (head === undefined || body === undefined || signature === undefined || more.length > 0) {
      return undefined
    }
    if (!isSame(this.#sign(`${head}.${body}`), signature)) return undefined
    const claims = parseObject(Buffer.from(body, "base64url").toString())
    const namespace = textAt(claims, "kubernetes.io", "namespace") ?? ""
    const name = textAt(claims, "kubernetes.io", "serviceaccount", "name") ?? ""
    const expires = claims?.["exp"]
    if (typeof expires !== "number" || expires * 1000 < this.#now()) return undefined
    if (!textsAt(claims, "aud").includes(issuer)) return undefined
    const account = this.#store.get("serviceaccounts", namespace, name)
    const uid = textAt(claims, "kubernetes.io", "serviceaccount", "uid")
    if (account === undefined || uidOf(account) !== uid) return undefined
    const pod = textAt(claims, "kubernetes.io", "pod", "name")
    const podUid = textAt(claims, "kubernetes.io", "pod", "uid")
    if (pod !== undefined) {
      // A token bound to a pod dies with it.
      const running = this.#store.get("pods", namespace, pod)
      if (running === undefined || uidOf(running) !== podUid) return undefined
    }
    return {
      name: `system:serviceaccount:${namespace}:${name}`,
      groups: [
        "system:serviceaccounts",
        `system:serviceaccounts:${namespace}`,
        "system:authenticated",
      ],
      pod: pod === undefined ? undefined : `${namespace}/${pod}`,
      uid,
    }
  }
}

/** The user that the administrator acts as (`kubectl --as`); the groups of an account come with its name. */
export function impersonated(name: string, groups: readonly string[]): User {
  const namespace = /^system:serviceaccount:([^:]+):[^:]+$/.exec(name)?.[1]
  const own =
    namespace === undefined ? [] : ["system:serviceaccounts", `system:serviceaccounts:${namespace}`]
  return {
    name,
    groups: [...groups, ...own, "system:authenticated"],
    pod: undefined,
    uid: undefined,
  }
}

const administrator: User = {
  name: "kubernetes-admin",
  groups: ["system:masters", "system:authenticated"],
  pod: undefined,
  uid: undefined,
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
