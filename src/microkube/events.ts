/** Writes Events, the notes that `kubectl get events` shows; the same note again only counts up. */
import { createHash } from "node:crypto"

import { numberAt, textAt } from "./json.ts"
import { type KubeObject, nameOf, namespaceOf, timestamp, uidOf, versionOf } from "./object.ts"
import type { Objects } from "./objects.ts"
import { resourceById } from "./resources.ts"

/** Events that are kept; beyond them the oldest go. */
const eventsMax = 500

export type Note = {
  readonly type: "Normal" | "Warning"
  readonly reason: string
  readonly message: string
}

export class Recorder {
  readonly #objects: Objects

  constructor(objects: Objects) {
    this.#objects = objects
  }

  note(about: KubeObject, component: string, { type, reason, message }: Note): void {
    const namespace = namespaceOf(about) === "" ? "default" : namespaceOf(about)
    const of = resourceById("events")
    const text = [uidOf(about), component, type, reason, message].join("\0")
    const name = `${nameOf(about)}.${createHash("sha256").update(text).digest("hex").slice(0, 16)}`
    const now = timestamp(this.#objects.now())
    const known = this.#objects.find("events", namespace, name)
    if (known !== undefined) {
      const count = (numberAt(known, "count") ?? 1) + 1
      this.#objects.change(of, namespace, name, (event) => ({
        ...event,
        count,
        lastTimestamp: now,
      }))
      return
    }
    const place = this.#objects.find("namespaces", "", namespace)
    if (textAt(place, "status", "phase") !== "Active") return
    this.#forget()
    this.#objects.create(
      of,
      namespace,
      {
        metadata: { name },
        involvedObject: {
          kind: textAt(about, "kind") ?? "",
          apiVersion: textAt(about, "apiVersion") ?? "",
          name: nameOf(about),
          namespace: namespaceOf(about),
          uid: uidOf(about),
          resourceVersion: versionOf(about),
        },
        reason,
        message,
        type,
        source: { component },
        firstTimestamp: now,
        lastTimestamp: now,
        count: 1,
      },
      { manager: component },
    )
  }

  #forget(): void {
    const all = [...this.#objects.store.values("events")]
    if (all.length < eventsMax) return
    const oldest = all
      .toSorted((a, b) =>
        (textAt(a, "lastTimestamp") ?? "") < (textAt(b, "lastTimestamp") ?? "") ? -1 : 1,
      )
      .slice(0, Math.ceil(eventsMax / 10))
    for (const one of oldest) this.#objects.store.remove("events", namespaceOf(one), nameOf(one))
  }
}
