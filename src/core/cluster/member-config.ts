/**
 * What one member has in force of the config that its satellite wrote, by its own word: the server's word
 * and not the file's, for a parameter may wait for a restart, and a value may be one that PostgreSQL refuses.
 */
import { standbySensitive } from "#core/rollout/passes.ts"
import { fingerprint } from "#core/manifests/object.ts"

/** `up` and `down`: it sizes what a standby needs (`passes.ts`), and its new value is higher, or lower. */
export const parameterMoves = ["up", "down", "other"] as const
export type ParameterMove = (typeof parameterMoves)[number]
export type PendingParameter = { readonly name: string; readonly moves: ParameterMove }

export type RefusedSetting = { readonly name: string; readonly problem: string }

export type MemberConfig = {
  /** `configPrint` of what was taken over last. */
  readonly print: string
  /** Parameters whose new value a restart would bring (`pg_settings.pending_restart`). */
  readonly pending: readonly PendingParameter[]
  /** Lowered parameters that this standby keeps while its own WAL still asks for more. */
  readonly held: readonly string[]
  /** What PostgreSQL would not take: the member goes on with what it had. */
  readonly refused: readonly RefusedSetting[]
  /** `configPrint` of what it would not take; undefined where that is in its files already. */
  readonly refusedPrint: string | undefined
  /** `pg_postmaster_start_time()`, in milliseconds since 1970: tells one run of the server from the next. */
  readonly startedAt: number
}

/** Tells one config from another: the three files of a ConfigMap that members take over while they run. */
export const configPrint = (files: {
  readonly conf: string
  readonly hba: string
  /** `pod.json`, as both sides write it. */
  readonly pod: string
}): string => fingerprint([files.conf, files.hba, files.pod])

/** A line of the file that `postgresqlConf` makes. */
const line = /^([a-z_]+) = '(\d+)'$/gm

/**
 * Values that a standby must start with instead of the file's: what its own data says that its primary had
 * (manual, "Hot Standby"). With less it would not start, whatever is wanted.
 */
export function standbyFloors(
  conf: string,
  needed: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const given = new Map(
    [...conf.matchAll(line)].map(([, name, value]) => [name ?? "", Number(value)]),
  )
  return new Map(
    [...standbySensitive].flatMap(([name, otherwise]) => {
      const least = needed.get(name) ?? 0
      return least > (given.get(name) ?? otherwise) ? [[name, least]] : []
    }),
  )
}
