/** Fields of a profile's spec and their values, as people say them. */
import { bytesText } from "../ui/format.ts"
import type { ShownChange } from "#wire/rest/profile-versions.ts"
import { durabilityLook, presetLook } from "./words.ts"

const names: Readonly<Record<string, string>> = {
  name: "Name",
  description: "Description",
  members: "Members",
  "postgres.major": "PostgreSQL version",
  "postgres.image": "Image",
  "postgres.variant": "Variant of the image",
  "postgres.minor": "Pinned version",
  "postgres.uid": "User of the server",
  "data.sizeBytes": "Data volume, size",
  "data.storageClass": "Data volume, class",
  "data.tier": "Data volume, tier",
  "wal.sizeBytes": "WAL volume, size",
  "wal.storageClass": "WAL volume, class",
  "wal.tier": "WAL volume, tier",
  "resources.cpuRequest": "CPU request",
  "resources.cpuLimit": "CPU limit",
  "resources.memoryRequest": "Memory request",
  "resources.memoryLimit": "Memory limit",
  hba: "HBA rules",
  "failover.preset": "Failover preset",
  "failover.durability": "Durability",
  "failover.maxLagBytes": "Most lag of a candidate",
  "failover.onExcessLag": "Every candidate lags more",
  "failover.lagWaitSeconds": "Wait for a better candidate",
  "failover.priorities": "Priorities",
  databases: "Databases",
  recoveryRuleSetId: "Set of recovery rules",
  "recovery.allowExec": "Recovery rules may run commands",
  "recovery.order": "Recovery rules, order",
}

export type FieldWords = {
  readonly text: string
  /** The name is PostgreSQL's own or a rule's: shown as code. */
  readonly isCode: boolean
}

export function fieldWords(field: string): FieldWords {
  const parameter = /^parameters\.(.+)$/.exec(field)?.[1]
  if (parameter !== undefined) return { text: parameter, isCode: true }
  const rule = /^recovery\.rules\.(.+)$/.exec(field)?.[1]
  if (rule !== undefined) return { text: `Recovery rule ${rule}`, isCode: false }
  return { text: names[field] ?? field, isCode: false }
}

/** The value as lines of text; undefined where the field is not set. */
export function valueLines(
  field: string,
  value: ShownChange["from"],
): readonly string[] | undefined {
  if (value === null) return undefined
  if (field === "failover.priorities" && Array.isArray(value)) return [value.join(", ")]
  if (Array.isArray(value)) return value.map(String)
  if (typeof value === "object")
    return [`${value.action} on ${value.pattern}${value.enabled ? "" : " (off)"}`]
  if (typeof value === "number" && field.endsWith("Bytes")) return [bytesText(value)]
  if (typeof value === "boolean") return [value ? "yes" : "no"]
  return [wordOf(field, String(value))]
}

function wordOf(field: string, value: string): string {
  switch (field) {
    case "failover.preset":
      return value === "fast" || value === "edge" || value === "calm"
        ? presetLook(value).word
        : value
    case "failover.durability":
      return value === "async" || value === "preferred" || value === "quorum"
        ? durabilityLook(value).word
        : value
    case "failover.onExcessLag":
      return value === "ask" ? "ask a person" : "take the best"
    case "failover.lagWaitSeconds":
      return `${value} s`
    default:
      return value
  }
}
