/** Kinds that answer a question: may I, who is this token, give me a token. */
import { badRequest } from "../api-error.ts"
import { type JsonObject, numberAt, objectAt, textAt, textsAt } from "../json.ts"
import { timestamp } from "../object.ts"
import type { Objects } from "../objects.ts"
import type { Accounts, User } from "./accounts.ts"
import { type Exchange, answer, readObject } from "./exchange.ts"
import type { Rights } from "./rights.ts"
import type { ResourceRequest } from "./route.ts"

const shortestLife = 600
const longestLife = 365 * 24 * 3600

const paths = /^\/apis\/(authorization|authentication)\.k8s\.io\/v1\/(?<review>[a-z]+)$/

/** Answers when the path names a review; says whether it did. */
export async function answerReview(
  exchange: Exchange,
  accounts: Accounts,
  rights: Rights,
): Promise<boolean> {
  const review = paths.exec(exchange.url.pathname)?.groups?.["review"]
  if (review === undefined || exchange.request.method !== "POST") return false
  const body = await readObject(exchange)
  switch (review) {
    case "selfsubjectaccessreviews":
      answer(exchange, 201, { ...body, status: verdict(rights, exchange.user, body) })
      return true
    case "subjectaccessreviews":
      answer(exchange, 201, { ...body, status: verdict(rights, subject(body), body) })
      return true
    case "selfsubjectrulesreviews": {
      const namespace = textAt(body, "spec", "namespace") ?? "default"
      const rules = rights.rulesFor(exchange.user, namespace)
      const all = exchange.user.groups.includes("system:masters")
      const everything = { verbs: ["*"], apiGroups: ["*"], resources: ["*"] }
      const resourceRules = all ? [everything] : rules
      const status = { resourceRules, nonResourceRules: [], incomplete: false }
      answer(exchange, 201, { ...body, status })
      return true
    }
    case "tokenreviews":
      answer(exchange, 201, { ...body, status: tokenStatus(accounts, body) })
      return true
    default:
      return false
  }
}

const subject = (body: JsonObject): User => ({
  name: textAt(body, "spec", "user") ?? "",
  groups: textsAt(body, "spec", "groups"),
  pod: undefined,
  uid: undefined,
})

function verdict(rights: Rights, user: User, body: JsonObject): JsonObject {
  const asked = objectAt(body, "spec", "resourceAttributes")
  if (Object.keys(asked).length === 0) return { allowed: true }
  const sub = textAt(asked, "subresource") ?? ""
  const resource = textAt(asked, "resource") ?? ""
  const name = textAt(asked, "name") ?? ""
  const namespace = textAt(asked, "namespace") ?? ""
  const isAllowed = rights.allows(user, {
    verb: textAt(asked, "verb") ?? "",
    group: textAt(asked, "group") ?? "",
    resource: sub === "" ? resource : `${resource}/${sub}`,
    namespace: namespace === "" ? undefined : namespace,
    name: name === "" ? undefined : name,
  })
  return isAllowed ? { allowed: true } : { allowed: false, reason: "no rule allows it" }
}

function tokenStatus(accounts: Accounts, body: JsonObject): JsonObject {
  const user = accounts.userOf(`Bearer ${textAt(body, "spec", "token") ?? ""}`)
  if (user === undefined) return { authenticated: false, error: "invalid bearer token" }
  const uid = user.uid === undefined ? {} : { uid: user.uid }
  return { authenticated: true, user: { username: user.name, groups: user.groups, ...uid } }
}

/** `serviceaccounts/NAME/token`: a token for the account. */
export async function answerToken(
  exchange: Exchange,
  request: ResourceRequest,
  objects: Objects,
  accounts: Accounts,
): Promise<void> {
  const { of, namespace = "", name = "" } = request
  objects.get(of, namespace, name)
  const body = await readObject(exchange)
  const life = numberAt(body, "spec", "expirationSeconds") ?? 3600
  if (life < shortestLife) {
    throw badRequest(
      `spec.expirationSeconds: may not specify a duration less than ${shortestLife} seconds`,
    )
  }
  const lasts = Math.min(life, longestLife)
  const audiences = textsAt(body, "spec", "audiences")
  answer(exchange, 201, {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name, namespace },
    spec: { audiences, expirationSeconds: lasts },
    status: {
      token: accounts.token(namespace, name, lasts, audiences),
      expirationTimestamp: timestamp(objects.now() + lasts * 1000),
    },
  })
}
