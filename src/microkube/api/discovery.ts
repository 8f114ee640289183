/** What clients ask first: which groups, versions and kinds there are. */
import { type Json, type JsonObject, defined } from "../json.ts"
import { type Resource, apiVersionOf, resources } from "../resources.ts"

export const serverVersion: JsonObject = {
  major: "1",
  minor: "32",
  gitVersion: "v1.32.4+microkube",
  gitCommit: "",
  gitTreeState: "clean",
  buildDate: "2025-01-01T00:00:00Z",
  goVersion: "none",
  compiler: "node",
  platform: "linux/amd64",
}

/** Kinds that answer a question and keep nothing. */
const reviews: readonly (readonly [groupVersion: string, plural: string, kind: string])[] = [
  ["authentication.k8s.io/v1", "tokenreviews", "TokenReview"],
  ["authorization.k8s.io/v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview"],
  ["authorization.k8s.io/v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview"],
  ["authorization.k8s.io/v1", "subjectaccessreviews", "SubjectAccessReview"],
]

const groupVersions = [...new Set([...resources.map(apiVersionOf), ...reviews.map(([gv]) => gv)])]

const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]

/** The document at a discovery path; undefined where there is none. */
export function discovery(path: string, address: string): JsonObject | undefined {
  const clean = path.replace(/\/$/, "")
  if (clean === "/version") return serverVersion
  if (clean === "/api") {
    return {
      kind: "APIVersions",
      versions: ["v1"],
      serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }],
    }
  }
  if (clean === "/apis") {
    const groups = groupVersions.filter((one) => one !== "v1").map(group)
    return { kind: "APIGroupList", apiVersion: "v1", groups }
  }
  const [, root, first, second] = clean.split("/")
  if (root === "api" && first === "v1" && second === undefined) return resourceList("v1")
  if (root !== "apis" || first === undefined) return undefined
  const version = groupVersions.find((one) => one.startsWith(`${first}/`))
  if (version === undefined) return undefined
  if (second === undefined) return { kind: "APIGroup", apiVersion: "v1", ...group(version) }
  return version === `${first}/${second}` ? resourceList(version) : undefined
}

function group(groupVersion: string): JsonObject {
  const [name = "", version = ""] = groupVersion.split("/")
  return {
    name,
    versions: [{ groupVersion, version }],
    preferredVersion: { groupVersion, version },
  }
}

function resourceList(groupVersion: string): JsonObject {
  const own = resources.filter((one) => apiVersionOf(one) === groupVersion).flatMap(listed)
  const asked = reviews
    .filter(([gv]) => gv === groupVersion)
    .map(([, name, kind]): Json => ({
      name,
      singularName: "",
      namespaced: false,
      kind,
      verbs: ["create"],
    }))
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources: [...own, ...asked] }
}

function listed(of: Resource): readonly Json[] {
  const sub = (name: string, kind: string, subVerbs: readonly string[], more = {}): Json => ({
    name: `${of.plural}/${name}`,
    singularName: "",
    namespaced: of.isNamespaced,
    kind,
    verbs: subVerbs,
    ...more,
  })
  const readWrite = ["get", "patch", "update"]
  return [
    defined({
      name: of.plural,
      singularName: of.singular,
      namespaced: of.isNamespaced,
      kind: of.kind,
      verbs,
      shortNames: of.shortNames.length === 0 ? undefined : of.shortNames,
      categories: of.inAll ? ["all"] : undefined,
    }),
    ...(of.hasStatus ? [sub("status", of.kind, readWrite)] : []),
    ...(of.hasScale
      ? [sub("scale", "Scale", readWrite, { group: "autoscaling", version: "v1" })]
      : []),
    ...(of.id === "pods"
      ? [
          sub("log", of.kind, ["get"]),
          sub("exec", "PodExecOptions", ["create", "get"]),
          sub("eviction", "Eviction", ["create"], { group: "policy", version: "v1" }),
        ]
      : []),
    ...(of.id === "serviceaccounts"
      ? [
          sub("token", "TokenRequest", ["create"], {
            group: "authentication.k8s.io",
            version: "v1",
          }),
        ]
      : []),
  ]
}
