/**
 * A profile while it is edited: text as typed, and its way to the body of the request. What is wrong is
 * found by central's own schema and central's own check, and led back to the field it was typed in.
 */
import { checkProfile } from "#core/cluster/check.ts"
import { bytes, quantity } from "#core/units.ts"
import type { Sent } from "#wire/rest/routes.ts"
import {
  createProfileBody,
  type Profile,
  type ProfileSpecBody,
  profileSpecSchema,
} from "#wire/rest/profiles.ts"
import { ruleSetOf } from "#wire/rule-set-schema.ts"

export const sizeUnits = ["MiB", "GiB", "TiB"] as const
export type SizeUnit = (typeof sizeUnits)[number]
const unitBytes: Readonly<Record<SizeUnit, number>> = {
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
}

type Volume = { size: string; unit: SizeUnit; storageClass: string }

export type ProfileValues = {
  name: string
  description: string
  members: string
  major: "15" | "16" | "17" | "18"
  image: string
  data: Volume
  hasWal: boolean
  wal: Volume
  cpuRequest: string
  cpuLimit: string
  memoryRequest: string
  memoryLimit: string
  parameters: { name: string; value: string }[]
  hba: string
  preset: "fast" | "edge" | "calm"
  durability: "async" | "preferred" | "quorum"
  /** What the form has no fields for: kept as it is in the profile that was copied. */
  candidates: Omit<ProfileSpecBody["failover"], "preset" | "durability">
}

export type ProfileBody = Sent<"createProfile">["body"]

/** What a new profile begins as: something that works at most sites. */
export const freshProfile = (): ProfileValues => ({
  name: "",
  description: "",
  members: "3",
  major: "17",
  image: defaultImage("17"),
  data: { size: "10", unit: "GiB", storageClass: "" },
  hasWal: false,
  wal: { size: "2", unit: "GiB", storageClass: "" },
  cpuRequest: "250m",
  cpuLimit: "",
  memoryRequest: "512Mi",
  memoryLimit: "",
  parameters: [],
  hba: "",
  preset: "edge",
  durability: "preferred",
  candidates: {},
})

export const defaultImage = (major: string): string => `docker.io/library/postgres:${major}`

/** A copy of an existing profile to begin from, without its name. */
export function copyOf({ description, spec }: Profile): ProfileValues {
  const { preset, durability, ...candidates } = spec.failover
  return {
    name: "",
    description,
    members: String(spec.members),
    major: `${spec.postgres.major}`,
    image: spec.postgres.image,
    data: volumeValues(spec.data),
    hasWal: spec.wal !== null,
    wal: spec.wal === null ? freshProfile().wal : volumeValues(spec.wal),
    cpuRequest: spec.resources.cpuRequest ?? "",
    cpuLimit: spec.resources.cpuLimit ?? "",
    memoryRequest: spec.resources.memoryRequest ?? "",
    memoryLimit: spec.resources.memoryLimit ?? "",
    parameters: Object.entries(spec.parameters).map(([name, value]) => ({ name, value })),
    hba: spec.hba.join("\n"),
    preset,
    durability,
    candidates,
  }
}

function volumeValues({ sizeBytes, storageClass }: ProfileSpecBody["data"]): Volume {
  const unit = sizeUnits.findLast((each) => sizeBytes % unitBytes[each] === 0) ?? "MiB"
  return { size: String(sizeBytes / unitBytes[unit]), unit, storageClass: storageClass ?? "" }
}

/** The size as Kubernetes writes it, for people who read manifests. */
export const kubernetesSize = (sizeBytes: number): string => quantity(bytes(sizeBytes))

/** What was typed as a request. Numbers that are none become NaN, which the schema refuses at their field. */
export function bodyOf(values: ProfileValues): ProfileBody {
  const named = values.parameters.filter(({ name }) => name.trim() !== "")
  return {
    name: values.name.trim(),
    description: values.description.trim(),
    spec: {
      members: numberOf(values.members),
      postgres: { major: majors[values.major], image: values.image.trim() },
      data: volumeBody(values.data),
      wal: values.hasWal ? volumeBody(values.wal) : null,
      resources: {
        cpuRequest: textOrNull(values.cpuRequest),
        cpuLimit: textOrNull(values.cpuLimit),
        memoryRequest: textOrNull(values.memoryRequest),
        memoryLimit: textOrNull(values.memoryLimit),
      },
      parameters: Object.fromEntries(named.map(({ name, value }) => [name.trim(), value.trim()])),
      hba: hbaLines(values.hba).map(({ text }) => text),
      failover: { ...values.candidates, preset: values.preset, durability: values.durability },
    },
  }
}

const majors = { "15": 15, "16": 16, "17": 17, "18": 18 } as const

const numberOf = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text))
const textOrNull = (text: string): string | null => (text.trim() === "" ? null : text.trim())

const volumeBody = ({ size, unit, storageClass }: Volume) => ({
  sizeBytes: Math.round(numberOf(size) * unitBytes[unit]),
  storageClass: textOrNull(storageClass),
})

type HbaLine = { readonly text: string; readonly line: number }

/** Lines that say something, with the line they were typed in. Comments stay with the person. */
function hbaLines(text: string): readonly HbaLine[] {
  return text
    .split("\n")
    .map((each, at) => ({ text: each.trim(), line: at + 1 }))
    .filter((each) => each.text !== "" && !each.text.startsWith("#"))
}

export type FieldProblem = {
  /** Path in `ProfileValues`, e.g. `data.size`, `parameters.2.value`. */
  readonly field: string
  readonly problem: string
}

/** What is wrong with what was typed, one problem for each field that has any. Empty means it can be sent. */
export const profileProblems = (values: ProfileValues): readonly FieldProblem[] =>
  allProblems(values).filter(
    ({ field }, at, all) => all.findIndex((other) => other.field === field) === at,
  )

function allProblems(values: ProfileValues): readonly FieldProblem[] {
  const twins = twinProblems(values)
  const body = bodyOf(values)
  const issues = createProfileBody.safeParse(body).error?.issues ?? []
  const shape = issues.map((issue) => ({
    field: fieldOf(issue.path.map(String).join("."), values),
    problem: sentenceOf(issue.message),
  }))
  const spec = profileSpecSchema.safeParse(body.spec)
  return [...twins, ...shape, ...(spec.success ? checkedProblems(spec.data, values) : [])]
}

function checkedProblems(
  { resources, wal, data, recovery, failover, ...rest }: ProfileSpecBody,
  values: ProfileValues,
): readonly FieldProblem[] {
  const checked = checkProfile({
    ...rest,
    failover: { ...failover, maxLagBytes: failover.maxLagBytes ?? undefined },
    recovery: recovery === null || recovery === undefined ? undefined : ruleSetOf(recovery),
    data: { size: bytes(data.sizeBytes), storageClass: data.storageClass ?? undefined },
    wal:
      wal === null
        ? undefined
        : { size: bytes(wal.sizeBytes), storageClass: wal.storageClass ?? undefined },
    resources: {
      cpuRequest: resources.cpuRequest ?? undefined,
      cpuLimit: resources.cpuLimit ?? undefined,
      memoryRequest: resources.memoryRequest ?? undefined,
      memoryLimit: resources.memoryLimit ?? undefined,
    },
  })
  return checked.map(({ field, problem }) => ({ field: fieldOf(`spec.${field}`, values), problem }))
}

/** Rows that a map cannot hold twice, and values without a name. */
const twinProblems = ({ parameters }: ProfileValues): readonly FieldProblem[] =>
  parameters.flatMap(({ name, value }, at) => {
    const wanted = name.trim()
    if (wanted === "") {
      return value === "" ? [] : [{ field: `parameters.${at}.name`, problem: "name the parameter" }]
    }
    return parameters.findIndex((each) => each.name.trim() === wanted) < at
      ? [{ field: `parameters.${at}.name`, problem: `${wanted} is there twice` }]
      : []
  })

function sentenceOf(message: string): string {
  if (message.includes("NaN")) return "enter a number"
  if (message.includes(">=1 characters")) return "fill this in"
  return message.replace(/^(Invalid input|Too (big|small)): /, "")
}

/** Path in the request (as schema or server write it) to the path of the form. */
export function fieldOf(path: string, values: ProfileValues): string {
  const inner = path.replace(/^body\./, "").replace(/^spec\./, "")
  const parameter = /^parameters\.(.+)$/.exec(inner)?.[1]
  if (parameter !== undefined) {
    const at = values.parameters.findIndex(({ name }) => name.trim() === parameter)
    return at < 0 ? "parameters" : `parameters.${at}.value`
  }
  if (inner.startsWith("hba")) return "hba"
  return renamed[inner] ?? inner
}

const renamed: Readonly<Record<string, string>> = {
  "postgres.major": "major",
  "postgres.image": "image",
  "data.sizeBytes": "data.size",
  "wal.sizeBytes": "wal.size",
  "resources.cpuRequest": "cpuRequest",
  "resources.cpuLimit": "cpuLimit",
  "resources.memoryRequest": "memoryRequest",
  "resources.memoryLimit": "memoryLimit",
  "failover.preset": "preset",
  "failover.durability": "durability",
}

/** For a problem with a line of pg_hba.conf: which line of the text, as people count. */
export function hbaLineOf(path: string, text: string): number | undefined {
  const at = /hba[.[](\d+)/.exec(path)?.[1]
  return at === undefined ? undefined : hbaLines(text)[Number(at)]?.line
}

/** The tab that a field stands on. */
export function tabOf(field: string): ProfileTab {
  const [head = ""] = field.split(".")
  return tabs[head] ?? "general"
}

export const profileTabs = [
  "general",
  "volumes",
  "resources",
  "parameters",
  "hba",
  "failover",
] as const
export type ProfileTab = (typeof profileTabs)[number]

const tabs: Readonly<Record<string, ProfileTab>> = {
  data: "volumes",
  wal: "volumes",
  hasWal: "volumes",
  cpuRequest: "resources",
  cpuLimit: "resources",
  memoryRequest: "resources",
  memoryLimit: "resources",
  parameters: "parameters",
  hba: "hba",
  preset: "failover",
  durability: "failover",
}
