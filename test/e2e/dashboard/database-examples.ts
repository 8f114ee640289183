/** Databases as central shows them. */
import { randomUUID } from "node:crypto"
import type { ClusterDatabase } from "#wire/rest/databases.ts"
import { ago } from "./fleet-parts.ts"

export const database = (
  clusterId: string,
  name: string,
  change: Partial<ClusterDatabase> = {},
): ClusterDatabase => ({
  id: randomUUID(),
  clusterId,
  name,
  owner: name,
  allowedCidrs: [],
  endSessions: true,
  state: "applied",
  reason: "as it was asked for, seen in the primary's catalog",
  appliedAt: ago(86_400),
  sessions: 3,
  observedAt: ago(4),
  passwordSetAt: ago(86_400 * 40),
  createdAt: ago(86_400 * 40),
  version: 1,
  ...change,
})

export const databaseExamples = (cluster: string): ClusterDatabase[] => [
  database(cluster, "inventory", { allowedCidrs: ["10.20.0.0/16", "2001:db8:20::/48"] }),
  database(cluster, "orders", { owner: "shop", sessions: 41 }),
  database(cluster, 'Kasse "7"', {
    owner: "kasse ü",
    state: "failed",
    reason: "it could not be given to its new owner: canceling statement due to lock timeout",
    allowedCidrs: ["10.20.7.0/24"],
    endSessions: false,
  }),
  database(cluster, "reports", {
    state: "pending",
    reason: "the cluster's primary has not confirmed it yet",
    sessions: null,
    appliedAt: null,
  }),
  database(cluster, "trial", {
    state: "dropping",
    reason: "the cluster's primary has not dropped it yet",
    sessions: 0,
  }),
]
