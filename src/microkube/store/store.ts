/**
 * All objects of the site: in memory for reading, in SQLite for the next start. Every write gets the
 * next revision of one counter that only grows and is told to the subscribers before the write
 * returns. All of it is synchronous, so a read followed by a write in one turn is atomic.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite"

import { type KubeObject, keyOf, namespaceOf, objectKey } from "../object.ts"
import { parseObject, withAt } from "../json.ts"

/** Changes that are kept per resource for watches that resume; older ones answer 410. */
const historyMax = 1_000
/** The first revision: well above the small numbers that clients use to mean "long ago". */
const firstRevision = 100

export type Change = {
  readonly type: "ADDED" | "MODIFIED" | "DELETED"
  /** The object after the change; of a deletion, its last state with the revision of the deletion. */
  readonly object: KubeObject
  readonly previous: KubeObject | undefined
  readonly resource: string
  readonly revision: number
}

export type Listener = (change: Change) => void

type History = { readonly changes: Change[]; floor: number }

export class Store {
  readonly #db: DatabaseSync
  readonly #write: StatementSync
  readonly #erase: StatementSync
  readonly #count: StatementSync
  readonly #recall: StatementSync
  readonly #objects = new Map<string, Map<string, KubeObject>>()
  readonly #history = new Map<string, History>()
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #firstRevision: number
  readonly #untold: Change[] = []
  #isTelling = false
  #revision: number

  /** Opens or makes the database in `file`. */
  constructor(file: string) {
    this.#db = new DatabaseSync(file)
    // A crash of the machine may cost the last writes, as a crash of this program never does.
    this.#db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -1024")
    this.#db.exec(`CREATE TABLE IF NOT EXISTS object (
      resource TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
      PRIMARY KEY (resource, key)) WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL)`)
    this.#write = this.#db.prepare(
      "INSERT INTO object VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body",
    )
    this.#erase = this.#db.prepare("DELETE FROM object WHERE resource = ? AND key = ?")
    this.#count = this.#db.prepare(
      "INSERT INTO counter VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    )
    this.#recall = this.#db.prepare("SELECT value FROM counter WHERE name = ?")
    this.#revision = Math.max(firstRevision, this.counter("revision"))
    this.#firstRevision = this.#revision
    this.#load()
  }

  #load(): void {
    for (const row of this.#db.prepare("SELECT resource, key, body FROM object").iterate()) {
      const body = parseObject(String(row["body"]))
      if (body !== undefined) this.#of(String(row["resource"])).set(String(row["key"]), body)
    }
  }

  #of(resource: string): Map<string, KubeObject> {
    const found = this.#objects.get(resource)
    if (found !== undefined) return found
    const made = new Map<string, KubeObject>()
    this.#objects.set(resource, made)
    return made
  }

  get revision(): number {
    return this.#revision
  }

  /** A number that survives restarts; 0 at first. */
  counter(name: string): number {
    const row = this.#recall.get(name)
    return row === undefined ? 0 : Number(row["value"])
  }

  setCounter(name: string, value: number): void {
    this.#count.run(name, value)
  }

  /** A small number of its own for each uid, kept until it is forgotten. */
  numberOf(uid: string): number {
    const known = this.knownNumberOf(uid)
    if (known !== undefined) return known
    const next = this.counter("pod-number") + 1
    this.setCounter("pod-number", next)
    this.setCounter(`pod:${uid}`, next)
    return next
  }

  knownNumberOf(uid: string): number | undefined {
    const found = this.counter(`pod:${uid}`)
    return found === 0 ? undefined : found
  }

  forgetNumber(uid: string): void {
    this.#db.prepare("DELETE FROM counter WHERE name = ?").run(`pod:${uid}`)
  }

  numberedUids(): readonly string[] {
    const rows = this.#db.prepare("SELECT name FROM counter WHERE name LIKE 'pod:%'").all()
    return rows.map((row) => String(row["name"]).slice("pod:".length))
  }

  get(resource: string, namespace: string, name: string): KubeObject | undefined {
    return this.#of(resource).get(objectKey(namespace, name))
  }

  /** Sorted by namespace and name; of all namespaces when none is named. */
  list(resource: string, namespace?: string): readonly KubeObject[] {
    const all = [...this.#of(resource)]
    const some =
      namespace === undefined ? all : all.filter(([, object]) => namespaceOf(object) === namespace)
    return some.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object)
  }

  /** In no order, without a copy: for looking something up. */
  values(resource: string): Iterable<KubeObject> {
    return this.#of(resource).values()
  }

  resources(): readonly string[] {
    return [...this.#objects.keys()]
  }

  /** Creates or replaces; the object comes back with its new resourceVersion. */
  put(resource: string, object: KubeObject): KubeObject {
    const key = keyOf(object)
    const previous = this.#of(resource).get(key)
    const revision = this.#next()
    const stored = withAt(object, ["metadata", "resourceVersion"], String(revision))
    this.#of(resource).set(key, stored)
    this.#write.run(resource, key, JSON.stringify(stored))
    const type = previous === undefined ? "ADDED" : "MODIFIED"
    this.#tell({ type, object: stored, previous, resource, revision })
    return stored
  }

  remove(resource: string, namespace: string, name: string): KubeObject | undefined {
    const key = objectKey(namespace, name)
    const previous = this.#of(resource).get(key)
    if (previous === undefined) return undefined
    const revision = this.#next()
    this.#of(resource).delete(key)
    this.#erase.run(resource, key)
    const object = withAt(previous, ["metadata", "resourceVersion"], String(revision))
    this.#tell({ type: "DELETED", object, previous, resource, revision })
    return object
  }

  #next(): number {
    this.#revision += 1
    this.setCounter("revision", this.#revision)
    return this.#revision
  }

  #tell(change: Change): void {
    const history = this.#historyOf(change.resource)
    history.changes.push(change)
    if (history.changes.length > historyMax) {
      history.floor = history.changes.shift()?.revision ?? history.floor
    }
    this.#untold.push(change)
    if (this.#isTelling) return
    // A listener may write: its change waits its turn, so that all listeners see one order.
    this.#isTelling = true
    try {
      for (let next = this.#untold.shift(); next !== undefined; next = this.#untold.shift()) {
        for (const listener of this.#listenersOf(next.resource)) listener(next)
        for (const listener of this.#listenersOf("*")) listener(next)
      }
    } finally {
      this.#isTelling = false
    }
  }

  /** A copy, as a listener may end its own or another subscription. */
  #listenersOf(resource: string): readonly Listener[] {
    return Array.from(this.#listeners.get(resource) ?? [])
  }

  #historyOf(resource: string): History {
    const found = this.#history.get(resource)
    if (found !== undefined) return found
    const made: History = { changes: [], floor: this.#firstRevision }
    this.#history.set(resource, made)
    return made
  }

  /** Changes of the resource after `revision`; undefined when they are no longer all known. */
  since(resource: string, revision: number): readonly Change[] | undefined {
    const history = this.#historyOf(resource)
    if (revision < history.floor) return undefined
    return history.changes.filter((change) => change.revision > revision)
  }

  /** Forgets the history, so that every watch which resumes has to list again. */
  compact(): void {
    for (const history of this.#history.values()) {
      history.changes.length = 0
      history.floor = this.#revision
    }
    for (const resource of this.#objects.keys()) this.#historyOf(resource).floor = this.#revision
  }

  /** Tells `listener` of each change of the resource (`*`: of all) until the returned call. */
  subscribe(resource: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(resource) ?? new Set<Listener>()
    this.#listeners.set(resource, listeners)
    listeners.add(listener)
    return () => listeners.delete(listener)
  }

  close(): void {
    this.#db.close()
  }
}
