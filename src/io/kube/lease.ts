/**
 * The one Lease of a cluster in the Kubernetes API: read, compare-and-set, watch. Needs the verbs get,
 * watch and update on that Lease alone. `core/failover/lease.ts` says what its content means.
 */
import type { LeaseContent, Lease, Release, WalPosition } from "#core/failover/lease.ts"
import { formatHolder, parseHolder } from "#core/failover/holder.ts"
import { type PodName, podName, systemIdentifier, term, timeline } from "#core/ids.ts"
import { formatLsn, parseLsn } from "#core/lsn.ts"
import { annotation } from "#core/names.ts"
import { type Millis, seconds } from "#core/units.ts"
import { isRecord, type KubeApi, type Live, live } from "./api.ts"
import { isConflict, isNotFound, KubeError } from "./kube-error.ts"
import { apiPath, kinds } from "./kinds.ts"
import { linesOf } from "./watch.ts"

export type LeaseRead =
  | { readonly kind: "absent" }
  | { readonly kind: "read"; readonly lease: Lease }

export type LeaseWritten =
  | { readonly kind: "written"; readonly lease: Lease }
  /** Somebody else wrote first; nothing was changed. */
  | { readonly kind: "outrun" }

export interface LeaseStore {
  read(signal: AbortSignal): Promise<LeaseRead>
  /** Writes only if the Lease still has `version`, one that `read` or `watch` has shown. */
  write(version: string, content: LeaseContent, signal: AbortSignal): Promise<LeaseWritten>
  /** Tells the present state and each change; ends when the server ends the watch, throws when it breaks. */
  watch(heard: (read: LeaseRead) => void, signal: AbortSignal): Promise<void>
}

export type LeaseStoreOptions = {
  readonly api: KubeApi
  readonly namespace: string
  readonly name: string
  readonly callTimeout: Millis
  /** Milliseconds since 1970, for the time that people read in the Lease. */
  readonly wall: () => number
}

/** Answers may overtake one another; more than a few versions do not. */
const versionsMax = 8
const fieldManager = "pg-swarm-failover"
/** The server ends a watch after this, so one that died silently does not live longer. */
const watchFor = seconds(60)

export function openLeaseStore(options: LeaseStoreOptions): LeaseStore {
  const { api, namespace, name, callTimeout } = options
  const path = apiPath(kinds.Lease, namespace, name)
  // What others wrote into the object (owner, labels) stays as it was read with the version written upon.
  const known = new Map<string, Live>()
  let newest: { readonly kind: "read"; readonly lease: Lease } | undefined
  const remember = (object: Live): LeaseRead => {
    const version = object.metadata.resourceVersion
    // The watch tells of each write what its answer has told.
    if (newest?.lease.version === version) return newest
    known.delete(version)
    known.set(version, object)
    for (const oldest of known.keys()) if (known.size > versionsMax) known.delete(oldest)
    newest = { kind: "read", lease: parseLease(object) }
    return newest
  }
  return {
    read: async (signal) => {
      try {
        return remember(live(await api.call({ method: "GET", path, within: callTimeout }, signal)))
      } catch (failure) {
        if (isNotFound(failure)) return { kind: "absent" }
        throw failure
      }
    },
    write: async (version, content, signal) => {
      const object = known.get(version)
      if (object === undefined) return { kind: "outrun" }
      const body = leaseObject(object, content, options.wall())
      const query = { fieldManager }
      try {
        const request = { method: "PUT", path, query, body, within: callTimeout } as const
        const written = remember(live(await api.call(request, signal)))
        return written.kind === "read"
          ? { kind: "written", lease: written.lease }
          : { kind: "outrun" }
      } catch (failure) {
        if (isConflict(failure) || isNotFound(failure)) return { kind: "outrun" }
        throw failure
      }
    },
    watch: async (heard, signal) => {
      const answer = await api.open(
        {
          method: "GET",
          path: apiPath(kinds.Lease, namespace),
          query: {
            watch: "true",
            fieldSelector: `metadata.name=${name}`,
            timeoutSeconds: String(watchFor / 1000),
          },
        },
        AbortSignal.any([signal, AbortSignal.timeout(watchFor + seconds(5))]),
      )
      try {
        for await (const line of linesOf(answer)) {
          const event = leaseEvent(line, name, remember)
          if (event !== undefined) heard(event)
        }
      } finally {
        answer.destroy()
      }
    },
  }
}

function leaseEvent(
  line: string,
  name: string,
  remember: (object: Live) => LeaseRead,
): LeaseRead | undefined {
  const event: unknown = JSON.parse(line)
  if (!isRecord(event)) throw new KubeError(undefined, "NotAnEvent", "no watch event")
  if (event["type"] === "ERROR")
    throw new KubeError(
      undefined,
      "WatchEnded",
      `the watch ended: ${JSON.stringify(event["object"])}`,
    )
  if (event["type"] === "BOOKMARK") return undefined
  const object = live(event["object"])
  if (object.metadata.name !== name) return undefined
  return event["type"] === "DELETED" ? { kind: "absent" } : remember(object)
}

type Fields = Readonly<Record<string, unknown>>

/** Reads a Lease object; what is missing or malformed counts as not said. */
export function parseLease(object: Live): Lease {
  const spec: Fields = isRecord(object["spec"]) ? object["spec"] : {}
  const notes = object.metadata.annotations ?? {}
  const holder = typeof spec["holderIdentity"] === "string" ? spec["holderIdentity"] : ""
  const successor = notes[annotation.successor]
  const identifier = notes[annotation.systemIdentifier]
  return {
    version: object.metadata.resourceVersion,
    // A holder in another shape is a stranger, not nobody.
    holder:
      holder === ""
        ? undefined
        : (parseHolder(holder) ?? { pod: podName(holder), uid: "?", nonce: "?" }),
    term: term(count(spec["leaseTransitions"])),
    durationSeconds: count(spec["leaseDurationSeconds"]),
    members: podNames(notes[annotation.members]),
    syncSet: podNames(notes[annotation.syncSet]),
    successor: successor === undefined || successor === "" ? undefined : podName(successor),
    systemIdentifier:
      identifier === undefined || identifier === "" ? undefined : systemIdentifier(identifier),
    position: parsePosition(notes[annotation.position]),
    newestTimeline: parseTimeline(notes[annotation.newestTimeline]),
    released: parseRelease(notes[annotation.operation]),
  }
}

const count = (value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : 0

function json(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined // written by hand; counts as not said
  }
}

const podNames = (text: string | undefined): readonly PodName[] => {
  const value = json(text)
  return Array.isArray(value)
    ? value.flatMap((pod: unknown) => (typeof pod === "string" ? [podName(pod)] : []))
    : []
}

function parsePosition(text: string | undefined): WalPosition | undefined {
  const [on = "", at = "", ...more] = (text ?? "").split(" ")
  const lsn = parseLsn(at)
  return /^\d{1,10}$/.test(on) && lsn !== undefined && more.length === 0
    ? { timeline: timeline(Number(on)), lsn }
    : undefined
}

const parseTimeline = (text: string | undefined): LeaseContent["newestTimeline"] =>
  text !== undefined && /^\d{1,10}$/.test(text) && Number(text) > 0
    ? timeline(Number(text))
    : undefined

const positionNote = (position: WalPosition | undefined): string =>
  position === undefined ? "" : `${position.timeline} ${formatLsn(position.lsn)}`

function parseRelease(text: string | undefined): Release | undefined {
  const value = json(text)
  if (!isRecord(value) || value["kind"] !== "released") return undefined
  const by = typeof value["by"] === "string" ? parseHolder(value["by"]) : undefined
  const cause = (["hand-over", "crash", "stop"] as const).find((word) => word === value["cause"])
  if (by === undefined || cause === undefined) return undefined
  const at = value["checkpoint"]
  const on = count(value["timeline"])
  return {
    by,
    cause,
    term: term(count(value["term"])),
    checkpoint: typeof at === "string" ? parseLsn(at) : undefined,
    timeline: on > 0 ? timeline(on) : undefined,
    ...(typeof value["awayFor"] === "number" ? { awayFor: count(value["awayFor"]) } : {}),
  }
}

/** The object to write: `known` with the protocol's fields replaced. */
export function leaseObject(
  known: Live,
  content: LeaseContent,
  wall: number,
): Live & { readonly spec: Fields } {
  const spec: Fields = isRecord(known["spec"]) ? known["spec"] : {}
  const { holder, released } = content
  const now = `${new Date(wall).toISOString().slice(0, -1)}000Z`
  const opened = content.term !== count(spec["leaseTransitions"])
  return {
    ...known,
    metadata: {
      ...known.metadata,
      annotations: {
        ...known.metadata.annotations,
        [annotation.members]: JSON.stringify(content.members),
        [annotation.syncSet]: JSON.stringify(content.syncSet),
        [annotation.successor]: content.successor ?? "",
        [annotation.systemIdentifier]: content.systemIdentifier ?? "",
        [annotation.position]: positionNote(content.position),
        [annotation.newestTimeline]: String(content.newestTimeline ?? ""),
        [annotation.operation]: released === undefined ? "" : JSON.stringify(releaseNote(released)),
      },
    },
    spec: {
      ...spec,
      holderIdentity: holder === undefined ? "" : formatHolder(holder),
      leaseTransitions: content.term,
      // Kubernetes wants a positive number.
      leaseDurationSeconds: Math.max(1, content.durationSeconds),
      renewTime: now,
      ...(opened ? { acquireTime: now } : {}),
    },
  }
}

const releaseNote = (released: Release) => ({
  kind: "released",
  by: formatHolder(released.by),
  term: released.term,
  cause: released.cause,
  ...(released.checkpoint === undefined ? {} : { checkpoint: formatLsn(released.checkpoint) }),
  ...(released.timeline === undefined ? {} : { timeline: released.timeline }),
  ...(released.awayFor === undefined ? {} : { awayFor: released.awayFor }),
})
