/** Label and field selectors. */
import { type JsonObject, at, objectsAt, stringsAt, textAt, textsAt } from "./json.ts"
import type { KubeObject } from "./object.ts"

export type Labels = Readonly<Record<string, string>>

type Term =
  | { readonly kind: "in" | "notIn"; readonly key: string; readonly values: readonly string[] }
  | { readonly kind: "exists" | "absent"; readonly key: string }

export type LabelTerms = readonly Term[]

export type Read<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "bad"; readonly why: string }

const termPattern =
  /^\s*(?:(?<absent>!)\s*(?<absentKey>[^\s!=,()]+)|(?<setKey>[^\s!=,()]+)\s+(?<setOp>in|notin)\s*\((?<values>[^)]*)\)|(?<key>[^\s!=,()<>]+)\s*(?:(?<op>==|=|!=)\s*(?<value>[^\s!=,()]*))?)\s*(?:,|$)/

/** Reads `a=b,c!=d,e in (f,g),!h`, as a query names labels. */
export function readLabelSelector(text: string): Read<LabelTerms> {
  const terms: Term[] = []
  for (let rest = text.trim(); rest !== "";) {
    const found = termPattern.exec(rest)
    const groups = found?.groups
    if (found === null || groups === undefined) {
      return { kind: "bad", why: `unable to parse requirement: ${JSON.stringify(rest)}` }
    }
    terms.push(termOf(groups))
    rest = rest.slice(found[0].length).trim()
  }
  return { kind: "ok", value: terms }
}

function termOf(groups: Readonly<Record<string, string | undefined>>): Term {
  const { absentKey, setKey, setOp, values, key, op, value } = groups
  if (absentKey !== undefined) return { kind: "absent", key: absentKey }
  if (setKey !== undefined) {
    const list = (values ?? "").split(",").map((one) => one.trim())
    return { kind: setOp === "in" ? "in" : "notIn", key: setKey, values: list }
  }
  if (op === undefined) return { kind: "exists", key: key ?? "" }
  return { kind: op === "!=" ? "notIn" : "in", key: key ?? "", values: [value ?? ""] }
}

export const matchesTerms = (terms: LabelTerms, labels: Labels): boolean =>
  terms.every((term) => {
    const value = Object.hasOwn(labels, term.key) ? labels[term.key] : undefined
    switch (term.kind) {
      case "in":
        return value !== undefined && term.values.includes(value)
      case "notIn":
        return value === undefined || !term.values.includes(value)
      case "exists":
        return value !== undefined
      case "absent":
        return value === undefined
    }
  })

/** Whether labels fit a LabelSelector object; an empty one fits all. */
export function matchesSelector(selector: JsonObject, labels: Labels): boolean {
  const equals = Object.entries(stringsAt(selector, "matchLabels"))
  if (!equals.every(([key, value]) => labels[key] === value)) return false
  return objectsAt(selector, "matchExpressions").every((expression) => {
    const value = labels[textAt(expression, "key") ?? ""]
    const values = textsAt(expression, "values")
    switch (textAt(expression, "operator")) {
      case "In":
        return value !== undefined && values.includes(value)
      case "NotIn":
        return value === undefined || !values.includes(value)
      case "Exists":
        return value !== undefined
      case "DoesNotExist":
        return value === undefined
      case undefined:
      default:
        return false
    }
  })
}

/** A LabelSelector object in the spelling of a query. */
export function selectorText(selector: JsonObject): string {
  const equals = Object.entries(stringsAt(selector, "matchLabels")).map(([k, v]) => `${k}=${v}`)
  const sets = objectsAt(selector, "matchExpressions").map((one) => {
    const key = textAt(one, "key") ?? ""
    const values = `(${textsAt(one, "values").join(",")})`
    switch (textAt(one, "operator")) {
      case "In":
        return `${key} in ${values}`
      case "NotIn":
        return `${key} notin ${values}`
      case "DoesNotExist":
        return `!${key}`
      case undefined:
      default:
        return key
    }
  })
  return [...equals, ...sets].join(",")
}

export type FieldTerms = readonly {
  readonly path: readonly string[]
  readonly value: string
  readonly isEqual: boolean
}[]

const always = ["metadata.name", "metadata.namespace"]
const involved = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"]
const fields: Readonly<Record<string, readonly string[]>> = {
  pods: [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
  ],
  nodes: ["spec.unschedulable"],
  namespaces: ["status.phase"],
  secrets: ["type"],
  services: ["spec.clusterIP", "spec.type"],
  events: [
    ...involved.map((field) => `involvedObject.${field}`),
    "reason",
    "type",
    "source",
    "reportingComponent",
  ],
  "replicasets.apps": ["status.replicas"],
  "jobs.batch": ["status.successful"],
}

/** Reads `a.b=c,d!=e`; a field that the kind can not be selected by is refused. */
export function readFieldSelector(resource: string, text: string): Read<FieldTerms> {
  const terms: { path: readonly string[]; value: string; isEqual: boolean }[] = []
  for (const part of text.split(",").filter((one) => one.trim() !== "")) {
    const found = /^([^!=]+)(==|=|!=)(.*)$/.exec(part.trim())
    if (found === null) {
      return { kind: "bad", why: `invalid selector: '${part}'; can't understand '${part}'` }
    }
    const [, field = "", operator, value = ""] = found
    if (!always.includes(field) && !(fields[resource] ?? []).includes(field)) {
      return { kind: "bad", why: `field label not supported: ${field}` }
    }
    terms.push({ path: field.split("."), value, isEqual: operator !== "!=" })
  }
  return { kind: "ok", value: terms }
}

export const matchesFields = (terms: FieldTerms, object: KubeObject): boolean =>
  terms.every(({ path, value, isEqual }) => {
    const found =
      path.join(".") === "source" ? at(object, "source", "component") : at(object, ...path)
    const text =
      typeof found === "string" || typeof found === "number" || typeof found === "boolean"
        ? String(found)
        : ""
    return (text === value) === isEqual
  })
