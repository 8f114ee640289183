/** What a user may do: role-based access control as Roles and bindings state it. */
import { type JsonObject, objectsAt, textAt, textsAt } from "../json.ts"
import { namespaceOf } from "../object.ts"
import type { Store } from "../store/store.ts"
import type { User } from "./accounts.ts"

export type Attempt = {
  readonly verb: string
  readonly group: string
  /** `pods`, or `pods/log` for a subresource. */
  readonly resource: string
  readonly namespace: string | undefined
  readonly name: string | undefined
}

export const rbacGroup = "rbac.authorization.k8s.io"

/** What everybody who is signed in may do: find out what there is, and what they may do. */
const openPaths = /^\/(api|apis|openapi|version|healthz|livez|readyz)(\/|$)/

export const mayReadPath = (path: string): boolean => openPaths.test(path)

export class Rights {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  allows(user: User, attempt: Attempt): boolean {
    if (user.groups.includes("system:masters")) return true
    if (isOpen(attempt)) return true
    return this.rulesFor(user, attempt.namespace).some((rule) => permits(rule, attempt))
  }

  /** The rules that hold for the user in the namespace, or in all of them. */
  rulesFor(user: User, namespace: string | undefined): readonly JsonObject[] {
    const found: JsonObject[] = []
    for (const binding of this.#store.values(`clusterrolebindings.${rbacGroup}`)) {
      if (isBound(binding, user)) found.push(...this.rulesOf(binding, ""))
    }
    if (namespace === undefined) return found
    for (const binding of this.#store.values(`rolebindings.${rbacGroup}`)) {
      if (namespaceOf(binding) !== namespace || !isBound(binding, user)) continue
      found.push(...this.rulesOf(binding, namespace))
    }
    return found
  }

  /** The rules of the role that the binding names; none where that is not there. */
  rulesOf(binding: JsonObject, namespace: string): readonly JsonObject[] {
    const name = textAt(binding, "roleRef", "name") ?? ""
    const role =
      textAt(binding, "roleRef", "kind") === "ClusterRole"
        ? this.#store.get(`clusterroles.${rbacGroup}`, "", name)
        : this.#store.get(`roles.${rbacGroup}`, namespace, name)
    return objectsAt(role, "rules")
  }
}

const isOpen = (attempt: Attempt): boolean =>
  attempt.verb === "create" &&
  ["selfsubjectaccessreviews", "selfsubjectrulesreviews"].includes(attempt.resource)

function isBound(binding: JsonObject, user: User): boolean {
  return objectsAt(binding, "subjects").some((subject) => {
    const name = textAt(subject, "name") ?? ""
    switch (textAt(subject, "kind")) {
      case "User":
        return name === user.name
      case "Group":
        return user.groups.includes(name)
      case "ServiceAccount": {
        const namespace = textAt(subject, "namespace") ?? namespaceOf(binding)
        return user.name === `system:serviceaccount:${namespace}:${name}`
      }
      case undefined:
      default:
        return false
    }
  })
}

export function permits(rule: JsonObject, attempt: Attempt): boolean {
  const has = (key: string, value: string): boolean => {
    const list = textsAt(rule, key)
    return list.includes("*") || list.includes(value)
  }
  const resources = textsAt(rule, "resources")
  const subresource = attempt.resource.includes("/") ? attempt.resource.split("/")[1] : undefined
  const isNamed =
    has("resources", attempt.resource) ||
    (subresource !== undefined && resources.includes(`*/${subresource}`))
  const names = textsAt(rule, "resourceNames")
  return (
    has("verbs", attempt.verb) &&
    has("apiGroups", attempt.group) &&
    isNamed &&
    (names.length === 0 || (attempt.name !== undefined && names.includes(attempt.name)))
  )
}

/** Why an attempt failed, in the words of a real server. */
export function refusal(user: User, attempt: Attempt): string {
  const where =
    attempt.namespace === undefined
      ? "at the cluster scope"
      : `in the namespace ${JSON.stringify(attempt.namespace)}`
  return `User ${JSON.stringify(user.name)} cannot ${attempt.verb} resource ${JSON.stringify(attempt.resource)} in API group ${JSON.stringify(attempt.group)} ${where}`
}
