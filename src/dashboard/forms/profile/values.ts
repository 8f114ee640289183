/** A profile while it is edited: text as typed, and its way from a profile and to the body of a request. */
import {
  lagWaitDefault,
  type OnExcessLag,
  prioritiesMax,
  priorityDefault,
} from "#core/cluster/spec.ts"
import type { Sent } from "#wire/rest/routes.ts"
import type { Profile, ProfileSpecBody } from "#wire/rest/profiles.ts"

export const sizeUnits = ["KiB", "MiB", "GiB", "TiB"] as const
export type SizeUnit = (typeof sizeUnits)[number]
const unitBytes: Readonly<Record<SizeUnit, number>> = {
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
}

type Size = { size: string; unit: SizeUnit }
/** On a tier, which each site maps to a class, or of a class; both empty: the site's default class. */
type Volume = Size & { storageClass: string; tier: string }

export type ProfileValues = {
  name: string
  description: string
  members: string
  major: "15" | "16" | "17" | "18"
  /** Of the catalogue; empty: an image of one's own. */
  variant: string
  /** Pinned, of the variant; empty: its default. */
  minor: string
  /** With a variant, empty where central shall take what the catalogue has. */
  image: string
  /** As whom the server runs in the image; empty: 999. */
  uid: string
  data: Volume
  hasWal: boolean
  wal: Volume
  cpuRequest: string
  cpuLimit: string
  memoryRequest: string
  memoryLimit: string
  parameters: { name: string; value: string }[]
  hba: { line: string }[]
  /** `cidrs`: ranges, between commas. */
  databases: { name: string; owner: string; cidrs: string; endSessions: boolean }[]
  preset: "fast" | "edge" | "calm"
  durability: "async" | "preferred" | "quorum"
  /** Empty: any lag. */
  maxLag: Size
  onExcessLag: OnExcessLag
  lagWaitSeconds: string
  /** One for each member that there may be, by ordinal. */
  priorities: string[]
  recovery: ProfileSpecBody["recovery"]
  /** A set of rules that is kept apart; empty: none, or rules of its own. */
  recoveryRuleSetId: string
  /** The spec that was begun from: what the form has no fields for stays as it is there. */
  kept: ProfileSpecBody | undefined
}

export type ProfileBody = Sent<"createProfile">["body"]

const membersMax = 9
const everyPriority = (given: readonly number[] = []): string[] =>
  Array.from({ length: membersMax }, (_, at) => String(given[at] ?? priorityDefault))

/** What a new profile begins as: something that works at most sites. */
export const freshProfile = (): ProfileValues => ({
  name: "",
  description: "",
  members: "3",
  major: "17",
  variant: "",
  minor: "",
  image: defaultImage("17"),
  uid: "",
  data: { size: "10", unit: "GiB", storageClass: "", tier: "" },
  hasWal: false,
  wal: { size: "2", unit: "GiB", storageClass: "", tier: "" },
  cpuRequest: "250m",
  cpuLimit: "",
  memoryRequest: "512Mi",
  memoryLimit: "",
  parameters: [],
  hba: [],
  databases: [],
  preset: "edge",
  durability: "preferred",
  maxLag: { size: "", unit: "MiB" },
  onExcessLag: "take-best",
  lagWaitSeconds: String(lagWaitDefault),
  priorities: everyPriority(),
  recovery: undefined,
  recoveryRuleSetId: "",
  kept: undefined,
})

export const freshDatabase = (): ProfileValues["databases"][number] => ({
  name: "",
  owner: "",
  cidrs: "",
  endSessions: true,
})

export const defaultImage = (major: string): string => `docker.io/library/postgres:${major}`

type Described = Pick<Profile, "name" | "description" | "spec">

/** An existing profile as it is edited. */
export function valuesOf({ name, description, spec }: Described): ProfileValues {
  const { failover } = spec
  return {
    name,
    description,
    members: String(spec.members),
    major: `${spec.postgres.major}`,
    variant: spec.postgres.variant ?? "",
    minor: spec.postgres.minor ?? "",
    image: spec.postgres.image,
    uid: spec.postgres.uid?.toString() ?? "",
    data: volumeValues(spec.data),
    hasWal: spec.wal !== null,
    wal: spec.wal === null ? freshProfile().wal : volumeValues(spec.wal),
    cpuRequest: spec.resources.cpuRequest ?? "",
    cpuLimit: spec.resources.cpuLimit ?? "",
    memoryRequest: spec.resources.memoryRequest ?? "",
    memoryLimit: spec.resources.memoryLimit ?? "",
    parameters: Object.entries(spec.parameters).map(([parameter, value]) => ({
      name: parameter,
      value,
    })),
    hba: spec.hba.map((line) => ({ line })),
    databases: (spec.databases ?? []).map(({ allowedCidrs, ...database }) => ({
      ...database,
      cidrs: allowedCidrs.join(", "),
    })),
    preset: failover.preset,
    durability: failover.durability,
    maxLag:
      failover.maxLagBytes === null || failover.maxLagBytes === undefined
        ? freshProfile().maxLag
        : sizeValues(failover.maxLagBytes),
    onExcessLag: failover.onExcessLag ?? "take-best",
    lagWaitSeconds: String(failover.lagWaitSeconds ?? lagWaitDefault),
    priorities: everyPriority(failover.priorities),
    recovery: spec.recovery,
    recoveryRuleSetId: spec.recoveryRuleSetId ?? "",
    kept: spec,
  }
}

/** A copy of an existing profile to begin from, without its name. */
export const copyOf = (profile: Described): ProfileValues => ({ ...valuesOf(profile), name: "" })

const volumeValues = ({ sizeBytes, storageClass, tier }: ProfileSpecBody["data"]): Volume => ({
  ...sizeValues(sizeBytes),
  storageClass: storageClass ?? "",
  tier: tier ?? "",
})

function sizeValues(sizeBytes: number): Size {
  const unit = sizeUnits.findLast((each) => sizeBytes % unitBytes[each] === 0) ?? "KiB"
  return { size: String(sizeBytes / unitBytes[unit]), unit }
}

/** What was typed as a request. Numbers that are none become NaN, which the schema refuses at their field. */
export function bodyOf(values: ProfileValues): ProfileBody {
  const { kept } = values
  const named = values.parameters.filter(({ name }) => name.trim() !== "")
  return {
    name: values.name.trim(),
    description: values.description.trim(),
    spec: {
      ...kept,
      members: numberOf(values.members),
      postgres: postgresBody(values),
      data: { ...kept?.data, ...volumeBody(values.data, kept?.data.tier) },
      wal: values.hasWal ? { ...kept?.wal, ...volumeBody(values.wal, kept?.wal?.tier) } : null,
      resources: {
        cpuRequest: textOrNull(values.cpuRequest),
        cpuLimit: textOrNull(values.cpuLimit),
        memoryRequest: textOrNull(values.memoryRequest),
        memoryLimit: textOrNull(values.memoryLimit),
      },
      parameters: Object.fromEntries(named.map(({ name, value }) => [name.trim(), value.trim()])),
      hba: values.hba.map(({ line }) => line.trim()),
      databases: databasesBody(values),
      failover: failoverBody(values),
      recovery: values.recovery,
      recoveryRuleSetId: textOrKept(values.recoveryRuleSetId, kept?.recoveryRuleSetId),
    },
  }
}

/** A minor is of a variant: it goes with it. */
function postgresBody(values: ProfileValues): ProfileBody["spec"]["postgres"] {
  const kept = values.kept?.postgres
  const uid = values.uid.trim()
  return {
    ...kept,
    major: majors[values.major],
    image: values.image.trim(),
    variant: textOrKept(values.variant, kept?.variant),
    minor: textOrKept(values.variant === "" ? "" : values.minor, kept?.minor),
    uid: uid === "" ? (kept?.uid === undefined ? undefined : null) : numberOf(uid),
  }
}

/** Ranges as they were typed: between commas or spaces. */
const databasesBody = ({ databases, kept }: ProfileValues): ProfileBody["spec"]["databases"] =>
  databases.length === 0 && kept?.databases === undefined
    ? undefined
    : databases.map(({ name, owner, cidrs, endSessions }) => ({
        name: name.trim(),
        owner: owner.trim(),
        allowedCidrs: cidrs.split(/[\s,]+/).filter((each) => each !== ""),
        endSessions,
      }))

/** A field that stands at its default and was not written is not written either, so that nothing seems changed. */
function failoverBody(values: ProfileValues): ProfileBody["spec"]["failover"] {
  const kept = values.kept?.failover
  const { onExcessLag, maxLag } = values
  const lagWaitSeconds = numberOf(values.lagWaitSeconds)
  return {
    ...kept,
    preset: values.preset,
    durability: values.durability,
    maxLagBytes: maxLag.size.trim() === "" ? kept && null : bytesOf(maxLag),
    onExcessLag:
      onExcessLag === "take-best" && kept?.onExcessLag === undefined ? undefined : onExcessLag,
    lagWaitSeconds:
      lagWaitSeconds === lagWaitDefault && kept?.lagWaitSeconds === undefined
        ? undefined
        : lagWaitSeconds,
    priorities: prioritiesBody(values, kept?.priorities),
  }
}

function prioritiesBody(
  { priorities, members }: ProfileValues,
  kept: number[] | undefined,
): number[] | undefined {
  const count = Math.min(Math.max(0, Number(members) || 0), membersMax)
  const typed = priorities.slice(0, count).map(numberOf)
  const asKept = typed.every((each, at) => each === (kept?.[at] ?? priorityDefault))
  if (asKept && (kept === undefined || kept.length <= count)) return kept
  const last = typed.findLastIndex((each) => each !== priorityDefault)
  return typed.slice(0, last + 1)
}

export const priorityMost = prioritiesMax

const majors = { "15": 15, "16": 16, "17": 17, "18": 18 } as const

const numberOf = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text))
const textOrNull = (text: string): string | null => (text.trim() === "" ? null : text.trim())
const bytesOf = ({ size, unit }: Size): number => Math.round(numberOf(size) * unitBytes[unit])

const volumeBody = (volume: Volume, keptTier: string | null | undefined) => ({
  sizeBytes: bytesOf(volume),
  // A tier says the class; what was typed before it was chosen does not count.
  storageClass: volume.tier === "" ? textOrNull(volume.storageClass) : null,
  tier: textOrKept(volume.tier, keptTier),
})

/** Empty is null where something was written before, and not written where nothing was. */
const textOrKept = (text: string, kept: string | null | undefined): string | null | undefined =>
  text === "" ? (kept === undefined ? undefined : null) : text
