/** What is measured, for /metrics. Read when somebody asks; nothing is counted twice. */
import { Gauge, Registry, collectDefaultMetrics } from "prom-client"

export type Figures = {
  readonly clusters: number
  readonly passes: number
  readonly passFailures: number
  readonly sidecars: number
  readonly eventsWaiting: number
  readonly eventsDropped: number
  readonly centralConnected: boolean
}

export function figuresRegistry(read: () => Figures): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: "pg_swarm_satellite_" })
  const gauge = (name: string, help: string, value: (figures: Figures) => number): void => {
    const made: Gauge = new Gauge({
      name: `pg_swarm_satellite_${name}`,
      help,
      registers: [],
      collect: () => {
        made.set(value(read()))
      },
    })
    registry.registerMetric(made)
  }
  gauge("clusters", "Clusters that this site holds.", ({ clusters }) => clusters)
  gauge("reconcile_passes", "Passes over clusters since the start.", ({ passes }) => passes)
  gauge("reconcile_failures", "Passes that failed and were repeated.", (f) => f.passFailures)
  gauge("sidecar_streams", "Sidecars that are connected.", ({ sidecars }) => sidecars)
  gauge("events_waiting", "Events that central does not have yet.", (f) => f.eventsWaiting)
  gauge("events_dropped", "Events lost to the outbox's bound.", (f) => f.eventsDropped)
  gauge("central_connected", "1 while the stream to central is up.", (f) =>
    f.centralConnected ? 1 : 0,
  )
  return registry
}
