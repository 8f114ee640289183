/** Reading: one object, a list in pages, a stream of changes. */
import { badRequest, expired } from "../api-error.ts"
import { type JsonObject, defined, parseObject, numberAt, textAt } from "../json.ts"
import { type KubeObject, keyOf, labelsOf } from "../object.ts"
import { type Resource, apiVersionOf } from "../resources.ts"
import {
  type FieldTerms,
  type LabelTerms,
  matchesFields,
  matchesTerms,
  readFieldSelector,
  readLabelSelector,
} from "../selectors.ts"
import type { Store } from "../store/store.ts"
import { type Exchange, answer, header } from "./exchange.ts"
import type { ResourceRequest } from "./route.ts"
import { listOf, metadataOnly, readIncluded, table, wantsMetadata, wantsTable } from "./table.ts"

/** Which objects of a kind a list, a watch or a deletion of many is about. */
export type Selection = {
  readonly of: Resource
  readonly namespace: string | undefined
  readonly labels: LabelTerms
  readonly fields: FieldTerms
}

export function readSelection(request: ResourceRequest): Selection {
  const labels = readLabelSelector(request.query.get("labelSelector") ?? "")
  if (labels.kind === "bad") throw badRequest(labels.why)
  const fields = readFieldSelector(request.of.id, request.query.get("fieldSelector") ?? "")
  if (fields.kind === "bad") throw badRequest(fields.why)
  const { of, namespace } = request
  return { of, namespace, labels: labels.value, fields: fields.value }
}

export const isSelected = (selection: Selection, object: KubeObject): boolean =>
  (selection.namespace === undefined ||
    textAt(object, "metadata", "namespace") === selection.namespace) &&
  matchesTerms(selection.labels, labelsOf(object)) &&
  matchesFields(selection.fields, object)

export const selected = (store: Store, selection: Selection): readonly KubeObject[] =>
  store.list(selection.of.id, selection.namespace).filter((one) => isSelected(selection, one))

export function answerList(
  exchange: Exchange,
  request: ResourceRequest,
  store: Store,
  now: number,
): void {
  checkRevision(request.query.get("resourceVersion"))
  const all = selected(store, readSelection(request))
  const page = paged(all, request.query, store)
  const accept = header(exchange, "accept")
  if (wantsTable(accept)) {
    const included = readIncluded(request.query.get("includeObject"))
    answer(exchange, 200, table(request.of, page.objects, page.metadata, included, now))
    return
  }
  const objects = wantsMetadata(accept) ? page.objects.map(metadataOnly) : page.objects
  const list = listOf(request.of, apiVersionOf(request.of), objects, page.metadata)
  answer(
    exchange,
    200,
    wantsMetadata(accept)
      ? { ...list, kind: "PartialObjectMetadataList", apiVersion: "meta.k8s.io/v1" }
      : list,
  )
}

export function checkRevision(text: string | null): number | undefined {
  if (text === null || text === "") return undefined
  if (!/^\d+$/.test(text)) {
    throw badRequest(
      `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing: invalid syntax`,
    )
  }
  return Number(text)
}

type Page = { readonly objects: readonly KubeObject[]; readonly metadata: JsonObject }

/** A continue token names the revision of the first page and the last key that was given out. */
function paged(all: readonly KubeObject[], query: URLSearchParams, store: Store): Page {
  const limit = Number(query.get("limit") ?? "0")
  if (!Number.isSafeInteger(limit) || limit < 0) throw badRequest("limit: expected a number")
  const token = query.get("continue") ?? ""
  const from = token === "" ? undefined : readToken(token)
  const rest = from === undefined ? all : all.filter((one) => keyOf(one) > from.after)
  const revision = from?.revision ?? store.revision
  const isCut = limit > 0 && rest.length > limit
  const objects = isCut ? rest.slice(0, limit) : rest
  const last = objects.at(-1)
  return {
    objects,
    metadata: defined({
      resourceVersion: String(revision),
      continue:
        isCut && last !== undefined
          ? Buffer.from(JSON.stringify({ rv: revision, start: keyOf(last) })).toString("base64url")
          : undefined,
      remainingItemCount: isCut ? rest.length - limit : undefined,
    }),
  }
}

function readToken(token: string): { readonly revision: number; readonly after: string } {
  const read = parseObject(Buffer.from(token, "base64url").toString())
  const revision = numberAt(read, "rv")
  const after = textAt(read, "start")
  if (revision === undefined || after === undefined) {
    throw expired("The provided continue parameter is too old or not valid")
  }
  return { revision, after }
}
