/** Refusals of the API, as the Status objects that Kubernetes clients know. */
import { type JsonObject, type Json, defined } from "./json.ts"
import { type Resource, named } from "./resources.ts"

export type Cause = { readonly reason?: string; readonly message: string; readonly field?: string }

export class ApiError extends Error {
  override readonly name = "ApiError"
  readonly code: number
  readonly reason: string
  readonly details: JsonObject | undefined

  constructor(code: number, reason: string, message: string, details?: JsonObject) {
    super(message)
    this.code = code
    this.reason = reason
    this.details = details
  }

  /** The Status object of the answer. */
  status(): JsonObject {
    return defined({
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      reason: this.reason,
      details: this.details,
      code: this.code,
    })
  }
}

const details = (of: Resource, name: string, causes?: readonly Cause[]): JsonObject =>
  defined({
    name: name === "" ? undefined : name,
    group: of.group === "" ? undefined : of.group,
    kind: of.plural,
    causes: causes?.map((cause): Json => ({ ...cause })),
  })

export const notFound = (of: Resource, name: string): ApiError =>
  new ApiError(404, "NotFound", `${named(of, name)} not found`, details(of, name))

export const alreadyExists = (of: Resource, name: string): ApiError =>
  new ApiError(409, "AlreadyExists", `${named(of, name)} already exists`, details(of, name))

export const conflict = (of: Resource, name: string, why: string): ApiError =>
  new ApiError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on ${named(of, name)}: ${why}`,
    details(of, name),
  )

export const staleVersion = (of: Resource, name: string): ApiError =>
  conflict(
    of,
    name,
    "the object has been modified; please apply your changes to the latest version and try again",
  )

/** Field owners that an apply would take something from. */
export const applyConflict = (of: Resource, name: string, causes: readonly Cause[]): ApiError => {
  const count = `${causes.length} conflict${causes.length === 1 ? "" : "s"}`
  const list = causes.map((cause) =>
    causes.length === 1 ? `${cause.message}: ${cause.field}` : `- ${cause.message}: ${cause.field}`,
  )
  const text = causes.length === 1 ? `: ${list.join("")}` : `:\n${list.join("\n")}`
  return new ApiError(
    409,
    "Conflict",
    `Apply failed with ${count}${text}`,
    details(of, name, causes),
  )
}

export const invalid = (of: Resource, name: string, causes: readonly Cause[]): ApiError => {
  const texts = causes.map((cause) => `${cause.field ?? ""}: ${cause.message}`)
  const list = texts.length === 1 ? texts.join("") : `[${texts.join(", ")}]`
  const kind = of.group === "" ? of.kind : `${of.kind}.${of.group}`
  return new ApiError(422, "Invalid", `${kind} "${name}" is invalid: ${list}`, {
    ...details(of, name, causes),
    kind: of.kind,
  })
}

export const badRequest = (message: string): ApiError => new ApiError(400, "BadRequest", message)

export const unauthorized = (): ApiError => new ApiError(401, "Unauthorized", "Unauthorized")

export const forbidden = (of: Resource, name: string, why: string): ApiError =>
  new ApiError(
    403,
    "Forbidden",
    `${of.id}${name === "" ? "" : ` "${name}"`} is forbidden: ${why}`,
    details(of, name),
  )

export const methodNotAllowed = (): ApiError =>
  new ApiError(
    405,
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
  )

export const noSuchPath = (): ApiError =>
  new ApiError(404, "NotFound", "the server could not find the requested resource", {})

export const unsupportedMedia = (type: string): ApiError =>
  new ApiError(
    415,
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types do not include ${type}`,
  )

export const expired = (why: string): ApiError => new ApiError(410, "Expired", why)

export const internal = (why: string): ApiError =>
  new ApiError(500, "InternalError", `Internal error occurred: ${why}`)
