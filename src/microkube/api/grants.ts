/** Nobody gives away what they do not have: who writes a Role or binds one holds all that is in it. */
import { forbidden } from "../api-error.ts"
import { type JsonObject, equal, objectAt, objectsAt, textAt, textsAt } from "../json.ts"
import { type KubeObject, nameOf, namespaceOf } from "../object.ts"
import type { Resource } from "../resources.ts"
import type { User } from "./accounts.ts"
import { type Attempt, type Rights, permits, rbacGroup } from "./rights.ts"

/** Refuses what would give more than the user has, unless they may `escalate` the Role or `bind` it. */
export function checkGrant(
  rights: Rights,
  user: User,
  of: Resource,
  object: KubeObject,
  before: KubeObject | undefined,
): void {
  const given = givenBy(rights, of, object)
  if (given === undefined || (before !== undefined && isSame(before, object))) return
  const namespace = namespaceOf(object) === "" ? undefined : namespaceOf(object)
  if (rights.allows(user, { ...given.licence, group: rbacGroup, namespace })) return
  const own = rights.rulesFor(user, namespace)
  if (given.rules.every((rule) => isCovered(rule, own))) return
  throw forbidden(
    of,
    nameOf(object),
    `user ${JSON.stringify(user.name)} (groups=${JSON.stringify(user.groups)}) is attempting to grant RBAC permissions not currently held`,
  )
}

type Given = {
  readonly rules: readonly JsonObject[]
  /** What lets somebody give them who does not have them. */
  readonly licence: Pick<Attempt, "verb" | "resource" | "name">
}

function givenBy(rights: Rights, of: Resource, object: KubeObject): Given | undefined {
  switch (of.id) {
    case `roles.${rbacGroup}`:
    case `clusterroles.${rbacGroup}`:
      return {
        rules: objectsAt(object, "rules"),
        licence: { verb: "escalate", resource: of.plural, name: nameOf(object) },
      }
    case `rolebindings.${rbacGroup}`:
    case `clusterrolebindings.${rbacGroup}`: {
      const isOfCluster = textAt(object, "roleRef", "kind") === "ClusterRole"
      return {
        rules: rights.rulesOf(object, namespaceOf(object)),
        licence: {
          verb: "bind",
          resource: isOfCluster ? "clusterroles" : "roles",
          name: textAt(object, "roleRef", "name"),
        },
      }
    }
    default:
      return undefined
  }
}

/** Labels and the like give nothing. */
const isSame = (before: KubeObject, after: KubeObject): boolean =>
  equal(objectsAt(before, "rules"), objectsAt(after, "rules")) &&
  equal(objectsAt(before, "subjects"), objectsAt(after, "subjects")) &&
  equal(objectAt(before, "roleRef"), objectAt(after, "roleRef"))

/** Whether each single thing that the rule allows is allowed by one of `own`. */
function isCovered(rule: JsonObject, own: readonly JsonObject[]): boolean {
  const names = textsAt(rule, "resourceNames")
  for (const verb of textsAt(rule, "verbs"))
    for (const group of textsAt(rule, "apiGroups"))
      for (const resource of textsAt(rule, "resources"))
        for (const name of names.length === 0 ? [undefined] : names) {
          const one: Attempt = { verb, group, resource, namespace: undefined, name }
          if (!own.some((held) => permits(held, one))) return false
        }
  return true
}
