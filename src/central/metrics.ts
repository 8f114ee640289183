/** Figures for Prometheus. What is counted in the database is read when somebody looks. */
import { collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client"
import type { Database } from "#io/postgres/sql.ts"
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
    byState("pg_swarm_satellites", "Satellites by state", registers, () =>
      satellites.countByState(database.sql),
    )
    byState("pg_swarm_clusters", "Clusters by state", registers, () =>
      clusters.countByState(database.sql),
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
  registers: Registry[],
  read: () => Promise<ReadonlyMap<string, number>>,
): Gauge<"state"> =>
  new Gauge({
    name,
    help,
    labelNames: ["state"],
    registers,
    async collect() {
      this.reset()
      for (const [state, found] of await read()) this.set({ state }, found)
    },
  })
