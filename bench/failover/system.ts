/** What the bench asks of a system under test: members to write to, faults to strike with, peace to begin from. */

export const faultNames = [
  "postmaster-killed",
  "switchover",
  "member-deleted",
  "node-lost",
  "node-frozen",
  "agent-killed",
  "agent-frozen",
  "store-away",
] as const
export type FaultName = (typeof faultNames)[number]

export type Fault = {
  readonly name: FaultName
  readonly title: string
  /** How long a fault that does not end by itself stays, whatever comes of it. With 0 until another member takes writes. */
  readonly holdMs: number
}

export const faults: readonly Fault[] = [
  { name: "postmaster-killed", title: "postmaster killed", holdMs: 0 },
  { name: "switchover", title: "planned switchover", holdMs: 0 },
  { name: "member-deleted", title: "member stopped (pod deleted)", holdMs: 0 },
  { name: "node-lost", title: "node lost", holdMs: 0 },
  { name: "node-frozen", title: "whole node frozen", holdMs: 0 },
  // Longer than the longest lease under test: what two writers do to each other needs time to be seen.
  { name: "agent-killed", title: "agent killed and kept away", holdMs: 45_000 },
  { name: "agent-frozen", title: "agent frozen alone", holdMs: 45_000 },
  { name: "store-away", title: "lock store away for 40 s", holdMs: 40_000 },
]

/** One member's server, as a client on the network reaches it. */
export type Host = { readonly member: string; readonly host: string; readonly port: number }

export type Account = {
  readonly user: string
  readonly password: string
  readonly database: string
}

/** How to take a lasting fault back; undefined for one that is over when it has struck. */
export type Struck = { readonly mend: (() => Promise<void>) | undefined }

export interface System extends AsyncDisposable {
  /** As the table calls it, with what matters of its settings. */
  readonly name: string
  readonly account: Account
  /** All members in a fixed order: the client's multi-host connection string. */
  hosts(): Promise<readonly Host[]>
  /** Resolves with the primary's name when every member is where it should be; throws after `withinMs`. */
  untilWhole(withinMs: number): Promise<string>
  /** Breaks something; undefined where this system knows no such thing. */
  strike(fault: FaultName, primary: string): Promise<Struck | undefined>
  /** What the system itself wrote down about the last change of roles, where it does. */
  explained(): Promise<string | undefined>
}

/** Made once by an administrator; may run again. The prober's rows are kept apart from the writer's. */
export const tablesSql: readonly string[] = [
  "create table if not exists bench_writes (run text not null, id bigint not null, primary key (run, id))",
  "create table if not exists bench_probes (run text not null, member text not null, id bigint not null)",
]
