/** What a request's method and path ask for. */
import { noSuchPath } from "../api-error.ts"
import { type Resource, findResource } from "../resources.ts"

export type Verb =
  | "get"
  | "list"
  | "watch"
  | "create"
  | "update"
  | "patch"
  | "delete"
  | "deletecollection"

export type ResourceRequest = {
  readonly kind: "resource"
  readonly verb: Verb
  readonly of: Resource
  /** Undefined for all namespaces, and for a resource that is in none. */
  readonly namespace: string | undefined
  /** Undefined for a collection. */
  readonly name: string | undefined
  readonly subresource: string | undefined
  readonly query: URLSearchParams
}

/** Anything that is not about objects: discovery, health, version. */
export type PathRequest = { readonly kind: "path"; readonly path: string }

export type Asked = ResourceRequest | PathRequest

export function readRoute(method: string, url: URL): Asked {
  const parts = url.pathname
    .split("/")
    .filter((part) => part !== "")
    .map(decoded)
  const [root, ...rest] = parts
  if (root === "api" && rest.length >= 2) return readObjects(method, url, "", rest)
  if (root === "apis" && rest.length >= 3) {
    return readObjects(method, url, rest[0] ?? "", rest.slice(1))
  }
  return { kind: "path", path: url.pathname }
}

/** A part of a path; one that is not readable names nothing. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    if (error instanceof URIError) throw noSuchPath()
    throw error
  }
}

function readObjects(method: string, url: URL, group: string, parts: readonly string[]): Asked {
  const [version = "", ...rest] = parts
  const isIn = rest[0] === "namespaces" && rest.length >= 3 && !isOfNamespace(group, rest)
  const namespace = isIn ? rest[1] : undefined
  const [plural = "", name, subresource, ...more] = isIn ? rest.slice(2) : rest
  const of = findResource(group, version, plural)
  if (of === undefined) return { kind: "path", path: url.pathname }
  if (more.length > 0 || of.isNamespaced !== isIn) {
    // Lists over all namespaces are the one case of a namespaced kind without its namespace.
    if (more.length > 0 || isIn || name !== undefined) throw noSuchPath()
  }
  const query = url.searchParams
  const verb = verbOf(method, name, query)
  return { kind: "resource", verb, of, namespace, name, subresource, query }
}

/** `/api/v1/namespaces/x/status` is about the namespace, not about something in it. */
const isOfNamespace = (group: string, rest: readonly string[]): boolean =>
  group === "" && rest.length === 3 && (rest[2] === "status" || rest[2] === "finalize")

function verbOf(method: string, name: string | undefined, query: URLSearchParams): Verb {
  switch (method) {
    case "POST":
      return "create"
    case "PUT":
      return "update"
    case "PATCH":
      return "patch"
    case "DELETE":
      return name === undefined ? "deletecollection" : "delete"
    default: {
      const isWatch = ["true", "1"].includes(query.get("watch") ?? "")
      return name === undefined ? (isWatch ? "watch" : "list") : "get"
    }
  }
}

/** The one object that a list or watch is about when a field selector says so; for its rights. */
export function nameAsked(request: ResourceRequest): string | undefined {
  if (request.name !== undefined) return request.name
  const found = /^metadata\.name==?([^,]+)$/.exec(request.query.get("fieldSelector") ?? "")
  return found?.[1]
}
