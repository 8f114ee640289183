/** Writing: create, update, patch, delete, and the subresources that are other views of an object. */
import {
  ApiError,
  badRequest,
  invalid,
  methodNotAllowed,
  noSuchPath,
  unsupportedMedia,
} from "../api-error.ts"
import {
  type Json,
  type JsonObject,
  at,
  defined,
  isObject,
  isTrueAt,
  numberAt,
  objectAt,
  textAt,
} from "../json.ts"
import { type KubeObject, keyOf, labelsOf, nameOf, namespaceOf, uidOf } from "../object.ts"
import type { DeleteOptions } from "../deletion.ts"
import type { Objects, WriteOptions } from "../objects.ts"
import { jsonPatch } from "../patch/json-patch.ts"
import { mergePatch } from "../patch/merge-patch.ts"
import { strategicPatch } from "../patch/strategic.ts"
import { type Resource, apiVersionOf } from "../resources.ts"
import { matchesSelector } from "../selectors.ts"
import {
  type Exchange,
  answer,
  header,
  parseJson,
  readObject,
  readText,
  writeOptions,
} from "./exchange.ts"
import { readSelection, selected } from "./listing.ts"
import type { ResourceRequest } from "./route.ts"
import { scaleOf, withScale } from "./scale.ts"

type Answered = { readonly code: number; readonly object: KubeObject }

export async function create(
  exchange: Exchange,
  request: ResourceRequest,
  objects: Objects,
): Promise<Answered> {
  const body = await readObject(exchange)
  checkKind(body, request.of)
  const namespace = request.namespace ?? ""
  const given = textAt(body, "metadata", "namespace") ?? namespace
  if (given !== namespace) {
    throw badRequest(
      `the namespace of the provided object does not match the namespace sent on the request`,
    )
  }
  const object = objects.create(request.of, namespace, body, writeOptions(exchange))
  return { code: 201, object }
}

function checkKind(body: JsonObject, of: Resource): void {
  const [version, kind] = [textAt(body, "apiVersion"), textAt(body, "kind")]
  if (
    (version !== undefined && version !== apiVersionOf(of)) ||
    (kind !== undefined && kind !== of.kind)
  ) {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${of.kind}): got ${kind} in version ${version}`,
    )
  }
}

function subresourceOf(request: ResourceRequest): "status" | "scale" | undefined {
  switch (request.subresource) {
    case undefined:
      return undefined
    case "status":
      if (request.of.hasStatus) return "status"
      throw noSuchPath()
    case "scale":
      if (request.of.hasScale) return "scale"
      throw noSuchPath()
    default:
      throw noSuchPath()
  }
}

export async function update(
  exchange: Exchange,
  request: ResourceRequest,
  objects: Objects,
): Promise<Answered> {
  const body = await readObject(exchange)
  const { of, namespace = "", name = "" } = request
  const options = writeOptions(exchange)
  const subresource = subresourceOf(request)
  if (subresource === "scale") {
    const live = objects.get(of, namespace, name)
    objects.update(of, namespace, name, withScale(live, body), options)
    return { code: 200, object: scaleOf(objects.get(of, namespace, name)) }
  }
  checkKind(body, of)
  const existed = objects.find(of.id, namespace, name) !== undefined
  const full = subresource === undefined ? options : { ...options, subresource }
  const object = objects.update(of, namespace, name, body, full)
  return { code: existed ? 200 : 201, object }
}

/** A patch reads, changes and writes in one turn, so it never loses against another write. */
export async function patch(
  exchange: Exchange,
  request: ResourceRequest,
  objects: Objects,
): Promise<Answered> {
  const type = (header(exchange, "content-type") ?? "").split(";")[0]?.trim() ?? ""
  const text = await readText(exchange)
  const { of, namespace = "", name = "" } = request
  const subresource = subresourceOf(request)
  const base = writeOptions(exchange, type !== applyType)
  const options: WriteOptions = subresource === "status" ? { ...base, subresource } : base
  if (type === applyType) return apply(exchange, request, objects, text, options)
  const live = objects.get(of, namespace, name)
  const target = subresource === "scale" ? scaleOf(live) : live
  const patched = patchedBy(type, target, parseJson(text), of, name)
  if (subresource === "scale") {
    objects.update(of, namespace, name, withScale(live, patched), options)
    return { code: 200, object: scaleOf(objects.get(of, namespace, name)) }
  }
  return { code: 200, object: objects.update(of, namespace, name, patched, options) }
}

const applyType = "application/apply-patch+yaml"

function apply(
  exchange: Exchange,
  request: ResourceRequest,
  objects: Objects,
  text: string,
  options: WriteOptions,
): Answered {
  const query = exchange.url.searchParams
  if ((query.get("fieldManager") ?? "") === "") {
    throw badRequest(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    )
  }
  const isForced = ["true", "1"].includes(query.get("force") ?? "")
  const body = parseJson(text)
  if (!isObject(body)) throw badRequest("an applied configuration is one object")
  const { of, namespace = "", name = "" } = request
  const { object, isNew } = objects.apply(of, namespace, name, body, { ...options, isForced })
  return { code: isNew ? 201 : 200, object }
}

function patchedBy(
  type: string,
  target: KubeObject,
  body: Json,
  of: Resource,
  name: string,
): JsonObject {
  switch (type) {
    case "application/json-patch+json": {
      const result = jsonPatch(target, body)
      if (result.kind === "malformed") throw badRequest(result.why)
      if (result.kind === "unfit") {
        throw invalid(of, name, [
          { field: "patch", message: result.why, reason: "FieldValueInvalid" },
        ])
      }
      if (isObject(result.value)) return result.value
      throw badRequest("a patch must leave an object")
    }
    case "application/merge-patch+json":
      if (isObject(body)) return mergePatch(target, body)
      throw badRequest("a merge patch is an object")
    case "application/strategic-merge-patch+json":
      if (isObject(body)) return strategicPatch(target, body, of.shape)
      throw badRequest("a strategic merge patch is an object")
    default:
      throw unsupportedMedia(type)
  }
}

async function readDeleteOptions(exchange: Exchange): Promise<DeleteOptions> {
  const text = await readText(exchange)
  const body = text.trim() === "" ? {} : parseJson(text)
  const query = exchange.url.searchParams
  const grace = numberAt(body, "gracePeriodSeconds") ?? numberOf(query.get("gracePeriodSeconds"))
  if (grace !== undefined && grace < 0) throw badRequest("gracePeriodSeconds: must not be negative")
  const asked = textAt(body, "propagationPolicy") ?? query.get("propagationPolicy") ?? undefined
  const isOrphan = isTrueAt(body, "orphanDependents") || query.get("orphanDependents") === "true"
  const propagation = isOrphan ? "Orphan" : asked
  if (
    propagation !== undefined &&
    propagation !== "Orphan" &&
    propagation !== "Foreground" &&
    propagation !== "Background"
  ) {
    throw badRequest(`propagationPolicy: Unsupported value: ${JSON.stringify(propagation)}`)
  }
  const uid = textAt(body, "preconditions", "uid")
  const resourceVersion = textAt(body, "preconditions", "resourceVersion")
  const isDryRun = query.get("dryRun") === "All" || at(body, "dryRun") !== undefined
  return {
    isDryRun,
    ...(grace === undefined ? {} : { graceSeconds: grace }),
    ...(propagation === undefined ? {} : { propagation }),
    preconditions: {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
  }
}

function numberOf(text: string | null): number | undefined {
  if (text === null || text === "") return undefined
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw badRequest("gracePeriodSeconds: expected a number")
  return value
}

export async function remove(
  exchange: Exchange,
  request: ResourceRequest,
  objects: Objects,
): Promise<Answered> {
  if (request.subresource !== undefined) throw methodNotAllowed()
  const options = await readDeleteOptions(exchange)
  const { of, namespace = "", name = "" } = request
  const done = objects.remove(of, namespace, name, options)
  return {
    code: 200,
    object: done.isGone && of.id !== "pods" ? success(of, done.object) : done.object,
  }
}

export const success = (of: Resource, object: KubeObject): JsonObject => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Success",
  details: defined({
    name: nameOf(object),
    group: of.group === "" ? undefined : of.group,
    kind: of.plural,
    uid: uidOf(object),
  }),
})

export async function removeAll(
  exchange: Exchange,
  request: ResourceRequest,
  objects: Objects,
): Promise<void> {
  const options = await readDeleteOptions(exchange)
  const gone = selected(objects.store, readSelection(request))
  for (const object of gone) {
    // An object may have gone with one that was deleted before it.
    if (objects.find(request.of.id, namespaceOf(object), nameOf(object)) === undefined) continue
    objects.remove(request.of, namespaceOf(object), nameOf(object), forMany(options))
  }
  answer(exchange, 200, {
    kind: `${request.of.kind}List`,
    apiVersion: apiVersionOf(request.of),
    metadata: { resourceVersion: String(objects.store.revision) },
    items: gone.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
  })
}

/** Preconditions are about one object. */
const forMany = (options: DeleteOptions): DeleteOptions => ({ ...options, preconditions: {} })

/** `policy/v1` Eviction: a deletion that respects disruption budgets. */
export async function evict(
  exchange: Exchange,
  request: ResourceRequest,
  objects: Objects,
): Promise<void> {
  const body = await readObject(exchange)
  const { of, namespace = "", name = "" } = request
  checkBudgets(objects, objects.get(of, namespace, name))
  const options = objectAt(body, "deleteOptions")
  const grace = numberAt(options, "gracePeriodSeconds")
  const isDryRun = at(options, "dryRun") !== undefined
  const { object } = objects.remove(of, namespace, name, {
    isDryRun,
    ...(grace === undefined ? {} : { graceSeconds: grace }),
  })
  answer(exchange, 201, success(of, object))
}

/** Refuses while a budget that covers the pod has nothing left to give. */
function checkBudgets(objects: Objects, pod: KubeObject): void {
  for (const budget of objects.store.list("poddisruptionbudgets.policy", namespaceOf(pod))) {
    const isCovered = matchesSelector(objectAt(budget, "spec", "selector"), labelsOf(pod))
    if (!isCovered || (numberAt(budget, "status", "disruptionsAllowed") ?? 0) > 0) continue
    throw new ApiError(
      429,
      "TooManyRequests",
      "Cannot evict pod as it would violate the pod's disruption budget.",
      {
        causes: [
          {
            reason: "DisruptionBudget",
            message: `The disruption budget ${nameOf(budget)} needs ${numberAt(budget, "status", "desiredHealthy") ?? 0} healthy pods and has ${numberAt(budget, "status", "currentHealthy") ?? 0} currently`,
          },
        ],
      },
    )
  }
}
