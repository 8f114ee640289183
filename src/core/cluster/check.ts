/**
 * What is wrong with a spec, all at once, each problem with the path of its field. Central asks before
 * it accepts a profile, the satellite asks again before it touches Kubernetes.
 */
import { checkDatabases, noDatabases } from "#core/cluster/databases.ts"
import { imageProblem } from "#core/cluster/image.ts"
import { checkHba } from "#core/cluster/hba.ts"
import { checkParameters } from "#core/cluster/parameters.ts"
import { parseCpu, parseMemory } from "#core/cluster/quantity.ts"
import {
  type ClusterSpec,
  type FailoverSpec,
  type ProfileSpec,
  type ResourceSpec,
  type VolumeSpec,
  durabilities,
  excessLagPolicies,
  postgresMajors,
  prioritiesMax,
  priorityDefault,
  presets,
} from "#core/cluster/spec.ts"
import { systemNamespace } from "#core/names.ts"
import { checkRules } from "#core/recovery/check.ts"
import { lawBroken, presetPolicies } from "#core/failover/policy.ts"
import type { Problem } from "#core/parsed.ts"
import { gibibytes, mebibytes } from "#core/units.ts"

const membersMax = 9
const parametersMax = 500
const hbaMax = 200
const smallestVolume = mebibytes(64)
const largestVolume = gibibytes(64 * 1024)
const dnsLabel = /^[a-z]([a-z0-9-]*[a-z0-9])?$/
const dnsSubdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

type Note = (field: string, problem: string) => void

/** Everything that is wrong with a profile. Nothing found means that a site can build it. */
export function checkProfile(spec: ProfileSpec): readonly Problem[] {
  const problems: Problem[] = []
  const note: Note = (field, problem) => void problems.push({ field, problem })
  checkMembers(spec, note)
  if (!postgresMajors.includes(spec.postgres.major))
    note("postgres.major", `expected one of ${postgresMajors.join(", ")}`)
  const { uid } = spec.postgres
  if (uid !== undefined && (!Number.isInteger(uid) || uid < 1 || uid > 65_535))
    note("postgres.uid", "expected a whole number from 1 to 65535: nobody's server runs as root")
  const image = imageProblem(spec.postgres.image)
  if (image !== undefined) note("postgres.image", image)
  checkVolume("data", spec.data, note)
  if (spec.wal !== undefined) checkVolume("wal", spec.wal, note)
  checkResources(spec.resources, note)
  if (Object.keys(spec.parameters).length > parametersMax)
    note("parameters", `at most ${parametersMax} parameters`)
  if (spec.hba.length > hbaMax) note("hba", `at most ${hbaMax} lines`)
  if (spec.recovery !== undefined && spec.recoveryRuleSetId !== undefined)
    note("recoveryRuleSetId", "a profile has rules of its own or points at a set, not both")
  // Patterns are compiled by whoever has their engine: `io/pattern.ts`.
  const rules = spec.recovery === undefined ? [] : checkRules(spec.recovery)
  return [...problems, ...checkParameters(spec), ...checkHba(spec.hba), ...rules]
}

/** Everything that is wrong with a cluster: its profile's part and its own. */
export function checkCluster(spec: ClusterSpec): readonly Problem[] {
  const problems: Problem[] = []
  const note: Note = (field, problem) => void problems.push({ field, problem })
  const label = "lower-case letters, digits and '-', beginning with a letter"
  if (!dnsLabel.test(spec.name) || spec.name.length > 40)
    note("name", `${label}, at most 40 characters`)
  if (!dnsLabel.test(spec.namespace) || spec.namespace.length > 63)
    note("namespace", `${label}, at most 63 characters`)
  if (spec.namespace.startsWith("kube-") || spec.namespace === systemNamespace)
    note("namespace", "namespaces of Kubernetes and of pg-swarm itself are not for databases")
  if (!dnsLabel.test(spec.profile) || spec.profile.length > 63)
    note("profile", `${label}, at most 63 characters`)
  if (!Number.isSafeInteger(spec.version) || spec.version < 1)
    note("version", "expected a whole number from 1")
  return [...problems, ...checkDatabases(spec.databases ?? noDatabases), ...checkProfile(spec)]
}

function checkMembers({ members, failover }: ProfileSpec, note: Note): void {
  if (!Number.isInteger(members) || members < 1 || members > membersMax)
    note("members", `expected a whole number from 1 to ${membersMax}`)
  if (!presets.includes(failover.preset))
    note("failover.preset", `expected one of ${presets.join(", ")}`)
  else
    for (const { field, problem } of lawBroken(presetPolicies[failover.preset]))
      note("failover.preset", `its ${field} breaks the timing law: ${problem}`)
  if (!durabilities.includes(failover.durability))
    note("failover.durability", `expected one of ${durabilities.join(", ")}`)
  checkCandidates(members, failover, note)
  if (failover.durability === "quorum" && members < 2)
    note(
      "failover.durability",
      "quorum makes commits wait for a standby, and one member has none: use async, or more members",
    )
}

function checkCandidates(members: number, failover: FailoverSpec, note: Note): void {
  const { maxLagBytes, onExcessLag, lagWaitSeconds, priorities = [] } = failover
  const isWhole = (value: number, most: number): boolean =>
    Number.isSafeInteger(value) && value >= 0 && value <= most
  if (maxLagBytes !== undefined && !isWhole(maxLagBytes, Number.MAX_SAFE_INTEGER))
    note(
      "failover.maxLagBytes",
      "expected a whole number of bytes from 0; leave it out for any lag",
    )
  if (onExcessLag !== undefined && !excessLagPolicies.includes(onExcessLag))
    note("failover.onExcessLag", `expected one of ${excessLagPolicies.join(", ")}`)
  if (lagWaitSeconds !== undefined && !isWhole(lagWaitSeconds, 3600))
    note("failover.lagWaitSeconds", "expected a whole number of seconds from 0 to 3600")
  for (const [ordinal, priority] of priorities.entries())
    if (!isWhole(priority, prioritiesMax))
      note(
        `failover.priorities[${ordinal}]`,
        `expected a whole number from 0 (never a candidate) to ${prioritiesMax}`,
      )
  if (priorities.length > members)
    note("failover.priorities", `there are ${members} members: at most as many priorities`)
  const candidates = Array.from({ length: members }, (_, at) => priorities[at] ?? priorityDefault)
  if (members > 0 && candidates.every((priority) => priority === 0))
    note("failover.priorities", "at least one member must be a candidate: give it more than 0")
}

function checkVolume(name: "data" | "wal", volume: VolumeSpec, note: Note): void {
  const { size, storageClass, tier } = volume
  if (!Number.isSafeInteger(size) || size < smallestVolume || size > largestVolume)
    note(`${name}.sizeBytes`, "expected a whole number of bytes from 64 MiB to 64 TiB")
  if (storageClass !== undefined && (!dnsSubdomain.test(storageClass) || storageClass.length > 253))
    note(`${name}.storageClass`, "not the name of a StorageClass; null means the site's default")
  if (tier !== undefined && (!dnsLabel.test(tier) || tier.length > 63))
    note(`${name}.tier`, "not the name of a storage tier")
  if (tier !== undefined && storageClass !== undefined)
    note(`${name}.tier`, "a volume has a tier or a StorageClass of its own, not both")
}

function checkResources(resources: ResourceSpec, note: Note): void {
  const read = (field: keyof ResourceSpec, parse: (text: string) => number | undefined) => {
    const text = resources[field]
    const value = text === undefined ? undefined : parse(text)
    if (text !== undefined && (value === undefined || value <= 0))
      note(`resources.${field}`, `${text} is no quantity above 0 such as ${example[field]}`)
    return value
  }
  const cpuRequest = read("cpuRequest", parseCpu)
  const cpuLimit = read("cpuLimit", parseCpu)
  const memoryRequest = read("memoryRequest", parseMemory)
  const memoryLimit = read("memoryLimit", parseMemory)
  if (cpuRequest !== undefined && cpuLimit !== undefined && cpuRequest > cpuLimit)
    note("resources.cpuRequest", "is above resources.cpuLimit")
  if (memoryRequest !== undefined && memoryLimit !== undefined && memoryRequest > memoryLimit)
    note("resources.memoryRequest", "is above resources.memoryLimit")
  if (memoryLimit !== undefined && memoryLimit < mebibytes(64))
    note("resources.memoryLimit", "PostgreSQL needs at least 64Mi")
}

const example: Readonly<Record<keyof ResourceSpec, string>> = {
  cpuRequest: "250m",
  cpuLimit: "2",
  memoryRequest: "512Mi",
  memoryLimit: "1Gi",
}
