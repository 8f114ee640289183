/** What differs between two specs of a profile: by field as REST names it, parameters and recovery rules by name. */
import type { InitialDatabase } from "#core/cluster/databases.ts"
import { type ProfileSpec, uidDefault, type VolumeSpec } from "#core/cluster/spec.ts"
import type { RecoveryRule } from "#core/recovery/rule.ts"

export type Value = string | number | boolean | readonly (string | number)[] | RecoveryRule

export type Change = {
  /** Path as the profile writes it, e.g. `data.sizeBytes` or `parameters.work_mem`. */
  readonly field: string
  /** Undefined where the field was not there, or is not any more. */
  readonly from: Value | undefined
  readonly to: Value | undefined
}

/** Every field that differs, in the order of `fields`. The same in other words (a name's case, an order of names) is no change. */
export function diffSpecs(from: ProfileSpec, to: ProfileSpec): readonly Change[] {
  const [before, after] = [fields(from), fields(to)]
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((field) => inOneSpelling(before.get(field)) !== inOneSpelling(after.get(field)))
    .map((field) => ({ field, from: before.get(field), to: after.get(field) }))
}

export const parameterField = "parameters."

function fields(spec: ProfileSpec): ReadonlyMap<string, Value> {
  const { failover, initialDatabases = [], recovery, resources } = spec
  const all: readonly (readonly [string, Value | undefined])[] = [
    ["members", spec.members],
    ["postgres.major", spec.postgres.major],
    ["postgres.image", spec.postgres.image],
    ["postgres.uid", spec.postgres.uid === uidDefault ? undefined : spec.postgres.uid],
    ["postgres.variant", spec.postgres.variant],
    ["postgres.minor", spec.postgres.minor],
    ...volume("data", spec.data),
    ...volume("wal", spec.wal),
    ...Object.entries(resources).map(([name, value]) => [`resources.${name}`, value] as const),
    ...Object.entries(spec.parameters)
      .map(([name, value]) => [`${parameterField}${name.toLowerCase()}`, value] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    ["hba", spec.hba.length === 0 ? undefined : spec.hba],
    ["databases", initialDatabases.length === 0 ? undefined : initialDatabases.map(inOneLine)],
    ...Object.entries(failover).map(([name, value]) => [`failover.${name}`, value] as const),
    ["recoveryRuleSetId", spec.recoveryRuleSetId],
    ["recovery.allowExec", recovery?.allowExec],
    // The first rule that matches takes the message: their order is part of the meaning.
    ["recovery.order", recovery?.rules.map(({ name }) => name)],
    ...(recovery?.rules ?? []).map((rule) => [`recovery.rules.${rule.name}`, rule] as const),
  ]
  return new Map(all.filter((entry): entry is readonly [string, Value] => entry[1] !== undefined))
}

const inOneLine = ({ name, owner, allowedCidrs, endSessions }: InitialDatabase): string =>
  [
    `${name} of ${owner}`,
    allowedCidrs.length === 0 ? "" : ` from ${allowedCidrs.join(", ")}`,
    endSessions ? "" : ", sessions from elsewhere may stay",
  ].join("")

const volume = (name: string, spec: VolumeSpec | undefined) =>
  [
    [`${name}.sizeBytes`, spec?.size],
    [`${name}.storageClass`, spec?.storageClass],
    [`${name}.tier`, spec?.tier],
  ] as const

/** Equal texts mean equal values, in whatever order an object's fields stand. */
const inOneSpelling = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )
