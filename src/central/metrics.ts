/** Figures for Prometheus. What is counted in the database is read when somebody looks. */
import { wholeFleet } from "#core/access/scope.ts"
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client"
import { clusterStates } from "#core/cluster/state.ts"
import type { Database } from "#io/postgres/sql.ts"
import { satelliteStates } from "#wire/rest/satellites.ts"
import { RoleChangeFigures } from "./role-change-figures.ts"
import * as clusters from "./store/cluster.ts"
import * as satellites from "./store/satellite.ts"

export type Watched = {
  readonly database: Database
  readonly streams: () => number
  readonly listeners: () => number
}

export class Metrics {
  readonly #registry = new Registry()
  readonly #requests: Histogram<"method" | "route" | "status">
  readonly roleChanges = new RoleChangeFigures(this.#registry)

  constructor({ database, streams, listeners }: Watched) {
    const registers = [this.#registry]
    collectDefaultMetrics({ register: this.#registry })
    this.#requests = new Histogram({
      name: "pg_swarm_http_request_seconds",
      help: "Time to answer a request, by route",
      labelNames: ["method", "route", "status"],
      buckets: [0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    })
    gauge("pg_swarm_streams", "Satellite streams that live on this central", registers, streams)
    gauge("pg_swarm_live_listeners", "Browsers that listen", registers, listeners)
    byState("pg_swarm_satellites", "Satellites by state", satelliteStates, registers, () =>
      satellites.countByState(database.sql, wholeFleet),
    )
    byState("pg_swarm_clusters", "Clusters by state", clusterStates, registers, () =>
      clusters.countByState(database.sql, wholeFleet),
    )
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  async text(): Promise<string> {
    return this.#registry.metrics()
  }

  answered(method: string, route: string, status: number, millis: number): void {
    this.#requests.observe({ method, route, status: String(status) }, millis / 1000)
  }
}

const gauge = (name: string, help: string, registers: Registry[], read: () => number): Gauge =>
  new Gauge({
    name,
    help,
    registers,
    collect() {
      this.set(read())
    },
  })

const byState = (
  name: string,
  help: string,
  states: readonly string[],
  registers: Registry[],
  read: () => Promise<ReadonlyMap<string, number>>,
): Gauge<"state"> =>
  new Gauge({
    name,
    help,
    labelNames: ["state"],
    registers,
    async collect() {
      // Also the states that nobody is in: a figure that vanishes looks like a fleet that is well.
      const found = await read()
      for (const state of states) this.set({ state }, found.get(state) ?? 0)
    },
  })
