/**
 * The one door through which objects are written: it fills in defaults, refuses what is wrong, keeps
 * `managedFields`, counts generations and lets finalizers hold a deletion up. The API and the
 * controllers both come through here, so neither can break what the other relies on.
 */
import { type Surroundings, withDefaults } from "./admission/defaults.ts"
import { type OnUnknown, born, framed, readAs } from "./admission/frame.ts"
import { problems } from "./admission/validate.ts"
import {
  alreadyExists,
  applyConflict,
  badRequest,
  conflict,
  forbidden,
  invalid,
  notFound,
  staleVersion,
} from "./api-error.ts"
import { type Writer, applyConfig, ownUpdate } from "./apply/managed-fields.ts"
import {
  type DeleteOptions,
  checkFinalizers,
  checkPreconditions,
  finalizersAfterDelete,
  graceOf,
  isHeld,
} from "./deletion.ts"
import {
  type JsonObject,
  at,
  equal,
  listAt,
  numberAt,
  objectAt,
  textAt,
  withAt,
  without,
} from "./json.ts"
import {
  type KubeObject,
  finalizersOf,
  isDeleting,
  nameOf,
  namespaceOf,
  timestamp,
  uidOf,
  versionOf,
} from "./object.ts"
import { type Resource, apiVersionOf, resourceById } from "./resources.ts"
import type { Store } from "./store/store.ts"

export type WriteOptions = OnUnknown & {
  /** Who writes, for `managedFields`. */
  readonly manager: string
  readonly isDryRun?: boolean
  readonly subresource?: "status"
  /** Throws where the writer may not give away what the object gives; nothing is asked of controllers. */
  readonly checkGrant?: (of: Resource, object: KubeObject, before: KubeObject | undefined) => void
}

/** What came of a deletion: the object is gone, or stays until grace and finalizers are done. */
export type Deletion = { readonly object: KubeObject; readonly isGone: boolean }

const grace0 = ["metadata", "deletionGracePeriodSeconds"]

const controllerManager: WriteOptions = { manager: "microkube" }

export class Objects {
  readonly store: Store
  readonly #site: Surroundings
  readonly #now: () => number

  constructor(store: Store, site: Surroundings, now: () => number) {
    this.store = store
    this.#site = site
    this.#now = now
  }

  now(): number {
    return this.#now()
  }

  get(of: Resource, namespace: string, name: string): KubeObject {
    const found = this.store.get(of.id, namespace, name)
    if (found === undefined) throw notFound(of, name)
    return found
  }

  find(resource: string, namespace: string, name: string): KubeObject | undefined {
    return this.store.get(resource, namespace, name)
  }

  #writer(of: Resource, options: WriteOptions): Writer {
    return {
      manager: options.manager,
      apiVersion: apiVersionOf(of),
      subresource: options.subresource ?? "",
      time: timestamp(this.#now()),
    }
  }

  create(of: Resource, namespace: string, body: JsonObject, options: WriteOptions): KubeObject {
    const read = readAs(of, body, options)
    if (versionOf(read) !== "") {
      throw badRequest("resourceVersion should not be set on objects to be created")
    }
    const ready = this.#born(of, namespace, read)
    if (this.store.get(of.id, namespace, nameOf(ready)) !== undefined) {
      throw alreadyExists(of, nameOf(ready))
    }
    const filled = this.#admitted(of, ready, undefined, options)
    const owned = ownUpdate(undefined, filled, of.shape, this.#writer(of, options))
    return options.isDryRun === true ? owned : this.store.put(of.id, owned)
  }

  #born(of: Resource, namespace: string, read: KubeObject): KubeObject {
    this.#checkNamespace(of, namespace, nameOf(read))
    const isTaken = (name: string): boolean => this.store.get(of.id, namespace, name) !== undefined
    return born(of, namespace, read, isTaken, this.#now())
  }

  #checkNamespace(of: Resource, namespace: string, name: string): void {
    if (!of.isNamespaced) return
    const found = this.store.get("namespaces", "", namespace)
    if (found === undefined) throw notFound(resourceById("namespaces"), namespace)
    if (isDeleting(found)) {
      throw forbidden(
        of,
        name,
        `unable to create new content in namespace ${namespace} because it is being terminated`,
      )
    }
  }

  #admitted(
    of: Resource,
    object: KubeObject,
    before: KubeObject | undefined,
    options: WriteOptions,
  ): KubeObject {
    const filled = withDefaults(of.id, object, before, this.#site)
    const causes = problems(of, filled, before)
    if (causes.length > 0) throw invalid(of, nameOf(filled), causes)
    options.checkGrant?.(of, filled, before)
    return filled
  }

  update(
    of: Resource,
    namespace: string,
    name: string,
    body: JsonObject,
    options: WriteOptions,
  ): KubeObject {
    const read = readAs(of, body, options)
    const before = this.store.get(of.id, namespace, name)
    if (before === undefined) {
      if (!of.createsOnUpdate || options.subresource !== undefined) throw notFound(of, name)
      return this.create(
        of,
        namespace,
        withAt(read, ["metadata", "resourceVersion"], undefined),
        options,
      )
    }
    if (nameOf(read) !== "" && nameOf(read) !== name) {
      throw badRequest(
        `the name of the object (${nameOf(read)}) does not match the name on the URL (${name})`,
      )
    }
    if (versionOf(read) === "" && of.needsVersion) {
      throw invalid(of, name, [
        {
          reason: "FieldValueInvalid",
          field: "metadata.resourceVersion",
          message: "Invalid value: 0x0: must be specified for an update",
        },
      ])
    }
    return this.#replace(of, before, read, options)
  }

  /** Changes the stored object by a function of it; for callers inside this process. */
  change(
    of: Resource,
    namespace: string,
    name: string,
    edit: (object: KubeObject) => KubeObject,
    options: WriteOptions = controllerManager,
  ): KubeObject | undefined {
    const before = this.store.get(of.id, namespace, name)
    return before === undefined ? undefined : this.#replace(of, before, edit(before), options)
  }

  #replace(
    of: Resource,
    before: KubeObject,
    wanted: KubeObject,
    options: WriteOptions,
  ): KubeObject {
    const name = nameOf(before)
    const version = versionOf(wanted)
    if (version !== "" && version !== versionOf(before)) throw staleVersion(of, name)
    if (uidOf(wanted) !== "" && uidOf(wanted) !== uidOf(before)) {
      throw conflict(
        of,
        name,
        `Precondition failed: UID in precondition: ${uidOf(wanted)}, UID in object meta: ${uidOf(before)}`,
      )
    }
    checkFinalizers(of, before, wanted)
    const ready = framed(of, before, wanted, options)
    const filled = this.#admitted(of, ready, before, options)
    const owned = isReset(wanted)
      ? withAt(filled, ["metadata", "managedFields"], undefined)
      : ownUpdate(before, filled, of.shape, this.#writer(of, options))
    return this.#store(of, before, owned, options)
  }

  #store(of: Resource, before: KubeObject, after: KubeObject, options: WriteOptions): KubeObject {
    const counted =
      of.countsGeneration && !equal(spec(before), spec(after))
        ? withAt(
            after,
            ["metadata", "generation"],
            (numberAt(before, "metadata", "generation") ?? 1) + 1,
          )
        : after
    if (equal(before, counted)) return before
    if (options.isDryRun === true) return counted
    if (isDeleting(counted) && finalizersOf(counted).length === 0 && !isHeld(of, counted)) {
      // The last finalizer went: what was asked for long ago happens now.
      this.store.put(of.id, counted)
      this.store.remove(of.id, namespaceOf(counted), nameOf(counted))
      return counted
    }
    return this.store.put(of.id, counted)
  }

  /** Server-side apply; creates where there is nothing yet. */
  apply(
    of: Resource,
    namespace: string,
    name: string,
    body: JsonObject,
    options: WriteOptions & { readonly isForced: boolean },
  ): { readonly object: KubeObject; readonly isNew: boolean } {
    const config = this.#applied(of, namespace, name, body, options)
    const live = this.store.get(of.id, namespace, name)
    const writer = this.#writer(of, options)
    if (live === undefined) {
      if (options.subresource !== undefined) throw notFound(of, name)
      const born = this.#born(of, namespace, config)
      const applied = applyConfig(
        without(born, ...Object.keys(without(born, "metadata"))),
        config,
        of.shape,
        writer,
        true,
      )
      const owned = applied.kind === "applied" ? applied.object : born
      const object = this.#admitted(
        of,
        { ...owned, metadata: { ...objectAt(owned, "metadata"), ...objectAt(born, "metadata") } },
        undefined,
        options,
      )
      return {
        object: options.isDryRun === true ? object : this.store.put(of.id, object),
        isNew: true,
      }
    }
    if (versionOf(config) !== "" && versionOf(config) !== versionOf(live)) {
      throw staleVersion(of, name)
    }
    if (uidOf(config) !== "" && uidOf(config) !== uidOf(live)) {
      throw conflict(
        of,
        name,
        `Precondition failed: UID in precondition: ${uidOf(config)}, UID in object meta: ${uidOf(live)}`,
      )
    }
    const applied = applyConfig(live, config, of.shape, writer, options.isForced)
    if (applied.kind === "conflict") {
      throw applyConflict(
        of,
        name,
        applied.conflicts.map(({ manager, field }) => ({
          reason: "FieldManagerConflict",
          message: manager,
          field,
        })),
      )
    }
    checkFinalizers(of, live, applied.object)
    const managed = at(applied.object, "metadata", "managedFields")
    const ready = withAt(
      framed(of, live, applied.object, options),
      ["metadata", "managedFields"],
      managed,
    )
    const filled = this.#admitted(of, ready, live, options)
    return { object: this.#store(of, live, filled, options), isNew: false }
  }

  #applied(
    of: Resource,
    namespace: string,
    name: string,
    body: JsonObject,
    options: WriteOptions,
  ): KubeObject {
    const read = readAs(of, body, options)
    if (textAt(body, "apiVersion") !== apiVersionOf(of) || textAt(body, "kind") !== of.kind) {
      throw badRequest(
        `an applied configuration names apiVersion ${apiVersionOf(of)} and kind ${of.kind}`,
      )
    }
    if (nameOf(read) !== "" && nameOf(read) !== name) {
      throw badRequest(`metadata.name: the configuration names ${nameOf(read)}, the URL ${name}`)
    }
    if (at(read, "metadata", "managedFields") !== undefined) {
      throw badRequest("metadata.managedFields must be nil")
    }
    const named = withAt(read, ["metadata", "name"], name)
    const placed = of.isNamespaced ? withAt(named, ["metadata", "namespace"], namespace) : named
    if (!of.hasStatus) return placed
    return options.subresource === "status"
      ? { ...without(placed, "spec") }
      : without(placed, "status")
  }

  remove(of: Resource, namespace: string, name: string, options: DeleteOptions): Deletion {
    const object = this.get(of, namespace, name)
    checkPreconditions(of, object, options.preconditions)
    const grace = graceOf(of, object, options.graceSeconds)
    const finalizers = finalizersAfterDelete(of, object, options.propagation)
    if (grace === 0 && finalizers.length === 0 && !isHeld(of, withAt(object, grace0, 0))) {
      if (options.isDryRun !== true) this.store.remove(of.id, namespace, name)
      return { object, isGone: true }
    }
    const before = numberAt(object, "metadata", "deletionGracePeriodSeconds")
    const isSooner = before === undefined || grace < before
    const metadata: JsonObject = {
      ...objectAt(object, "metadata"),
      ...(isSooner
        ? {
            deletionTimestamp: timestamp(this.#now() + grace * 1000),
            deletionGracePeriodSeconds: grace,
            ...(of.countsGeneration && before === undefined
              ? { generation: (numberAt(object, "metadata", "generation") ?? 1) + 1 }
              : {}),
          }
        : {}),
      ...(finalizers.length === 0 ? {} : { finalizers }),
    }
    const marked: KubeObject =
      of.id === "namespaces"
        ? { ...object, metadata, status: { ...objectAt(object, "status"), phase: "Terminating" } }
        : { ...object, metadata }
    if (options.isDryRun === true || equal(object, marked)) return { object: marked, isGone: false }
    return { object: this.store.put(of.id, marked), isGone: false }
  }
}

/** A client forgets all owners by writing one empty entry. */
function isReset(wanted: KubeObject): boolean {
  const entries = listAt(wanted, "metadata", "managedFields")
  return entries.length > 0 && entries.every((entry) => equal(entry, {}))
}

const spec = (object: KubeObject): JsonObject =>
  without(object, "apiVersion", "kind", "metadata", "status")
