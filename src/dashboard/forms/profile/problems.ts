/**
 * What is wrong with a profile that is being edited: found by central's own schema and central's own check,
 * and led back to the field it was typed in. What central says besides takes the same way.
 */
import { checkProfile } from "#core/cluster/check.ts"
import { profileSpec } from "#wire/profile-spec.ts"
import { createProfileBody, profileSpecSchema } from "#wire/rest/profiles.ts"
import { bodyOf, freshProfile, type ProfileBody, type ProfileValues } from "./values.ts"

export type FieldProblem = {
  /** Path in `ProfileValues`, e.g. `data.size`, `parameters.2.value`. */
  readonly field: string
  readonly problem: string
}

/** By field, one for each that has any. */
export type Notes = ReadonlyMap<string, string>

/** What is wrong with what was typed. Empty means it can be sent. */
export function profileProblems(values: ProfileValues): Notes {
  const body = bodyOf(values)
  const issues = createProfileBody.safeParse(body).error?.issues ?? []
  const shape = issues.map((issue) => ({
    field: fieldOf(issue.path.map(String).join("."), values),
    problem: sentenceOf(issue.message),
  }))
  // Of a variant central fills the reference in.
  const isFilledIn = values.variant !== "" && body.spec.postgres.image === ""
  const checked = checkedProblems(body.spec).filter(
    ({ field }) => !(isFilledIn && field === "postgres.image"),
  )
  return notesOf([
    ...twinProblems(values),
    ...shape,
    ...checked.map(({ field, problem }) => ({ field: fieldOf(`spec.${field}`, values), problem })),
  ])
}

/** A number that is none must not hide what is wrong with parameters and lines, so those are checked in any case. */
function checkedProblems(given: ProfileBody["spec"]): readonly FieldProblem[] {
  const whole = profileSpecSchema.safeParse(given)
  if (whole.success) return checkProfile(profileSpec(whole.data))
  const { postgres, parameters, hba } = given
  const texts = { ...bodyOf(freshProfile()).spec, postgres, parameters, hba }
  const part = profileSpecSchema.safeParse(texts)
  return part.success ? checkProfile(profileSpec(part.data)) : []
}

/** The first of each field counts. */
export const notesOf = (problems: readonly FieldProblem[]): Notes =>
  new Map(
    [...Map.groupBy(problems, ({ field }) => field)].map(([field, [first]]) => [
      field,
      first?.problem ?? "",
    ]),
  )

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
  const line = /^hba[.[](\d+)/.exec(inner)?.[1]
  if (line !== undefined) return `hba.${line}.line`
  const reach = /^databases[.[](\d+)\]?\.allowedCidrs/.exec(inner)?.[1]
  if (reach !== undefined) return `databases.${reach}.cidrs`
  const ordinal = /^failover\.priorities[.[](\d+)/.exec(inner)?.[1]
  if (ordinal !== undefined) return `priorities.${ordinal}`
  if (inner.startsWith("recovery")) return "recovery"
  return renamed[inner] ?? inner.replace(/^(failover|resources)\./, "")
}

const renamed: Readonly<Record<string, string>> = {
  "postgres.major": "major",
  "postgres.image": "image",
  "postgres.variant": "variant",
  "postgres.minor": "minor",
  "postgres.uid": "uid",
  "data.sizeBytes": "data.size",
  "wal.sizeBytes": "wal.size",
  "failover.maxLagBytes": "maxLag.size",
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
  "databases",
  "failover",
  "recovery",
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
  databases: "databases",
  preset: "failover",
  durability: "failover",
  maxLag: "failover",
  onExcessLag: "failover",
  lagWaitSeconds: "failover",
  priorities: "failover",
  recovery: "recovery",
}

/** How many fields of each tab have a note. */
export const countByTab = (notes: Notes): ReadonlyMap<ProfileTab, number> =>
  new Map(
    profileTabs.map((tab) => [
      tab,
      [...notes.keys()].filter((field) => tabOf(field) === tab).length,
    ]),
  )
