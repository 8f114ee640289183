/**
 * /healthz, /readyz and /metrics on the pod's own address. `healthz` is about this process and never
 * about SQL: a database that is down is not mended by a restart of its sidecar.
 */
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { assert } from "#core/assert.ts"
import type { SidecarStatus } from "#core/cluster/sidecar.ts"
import type { DiskView, Observation } from "#core/failover/observation.ts"
import { instancePhases } from "#core/cluster/state.ts"
import { seconds } from "#core/units.ts"
import type { HostPort } from "#io/config.ts"

export type WebPorts = {
  readonly listen: HostPort
  readonly cluster: string
  readonly status: () => SidecarStatus
  /** Milliseconds since the loop last decided. */
  readonly loopAge: () => number
  readonly counters: () => Readonly<Record<string, number>>
  readonly observe: () => Pick<Observation, "server" | "disk">
  readonly roleChanges: { readonly lines: (own: string) => readonly string[] }
  readonly logRules: { readonly lines: (own: string) => readonly string[] }
}

const diskKinds: readonly DiskView["kind"][] = ["well", "full", "failing", "hanging"]
const loopAgeMax = 30_000

export interface Web extends AsyncDisposable {
  readonly address: HostPort
}

export async function openWeb(ports: WebPorts): Promise<Web> {
  const server = createServer(
    { requestTimeout: seconds(5), headersTimeout: seconds(5), maxHeaderSize: 8192 },
    (request, response) => {
      const { code, text } = answer(ports, request.method ?? "", request.url ?? "")
      request.resume()
      response.writeHead(code, { "content-type": "text/plain; charset=utf-8" }).end(text)
    },
  )
  server.maxConnections = 64
  server.listen(ports.listen.port, ports.listen.host)
  await once(server, "listening")
  return {
    address: { host: ports.listen.host, port: portOf(server) },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, "close")
    },
  }
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address()
  assert(typeof address === "object" && address !== null, "a TCP server has an address")
  return address.port
}

type Answer = { readonly code: number; readonly text: string }

function answer(ports: WebPorts, method: string, url: string): Answer {
  if (method !== "GET" && method !== "HEAD") return { code: 405, text: "only GET\n" }
  const { health } = ports.status()
  switch (url.split("?")[0]) {
    case "/healthz":
      return ports.loopAge() < loopAgeMax
        ? { code: 200, text: "ok\n" }
        : { code: 503, text: `no decision for ${ports.loopAge()} ms\n` }
    case "/readyz":
      return { code: health.ready ? 200 : 503, text: `${health.role}: ${health.reason ?? ""}\n` }
    case "/metrics":
      return { code: 200, text: metrics(ports) }
    case undefined:
    default:
      return { code: 404, text: "try /healthz, /readyz or /metrics\n" }
  }
}

/** Prometheus' text format, by hand: a dozen lines need no library in every database pod. */
function metrics(ports: WebPorts): string {
  const { health, term, holdsLease } = ports.status()
  const own = `cluster="${ports.cluster}",pod="${health.pod}"`
  const labels = `{${own}}`
  const lines: string[] = []
  const gauge = (name: string, help: string, value: number | undefined): void => {
    if (value === undefined) return
    const full = `pgswarm_instance_${name}`
    lines.push(`# HELP ${full} ${help}`, `# TYPE ${full} gauge`, `${full}${labels} ${value}`)
  }
  gauge("primary", "1 while this member serves writes", Number(health.role === "primary"))
  gauge("ready", "1 while this member serves its role", Number(health.ready))
  gauge("holds_lease", "1 while this member holds the Lease", Number(holdsLease))
  gauge("term", "Highest term that this member has seen", term)
  gauge("timeline", "PostgreSQL timeline", health.timeline)
  gauge("lag_bytes", "WAL that is not yet replayed here", health.lagBytes)
  gauge("lag_seconds", "Age of the last replayed transaction", health.lagSeconds)
  gauge("connections_used", "Client connections", health.connectionsUsed)
  gauge("connections_max", "max_connections", health.connectionsMax)
  gauge("data_bytes", "Size of all databases", health.dataBytes)
  gauge("wal_bytes", "Size of pg_wal", health.walBytes)
  gauge("disk_free_bytes", "Free space of the data volume", health.diskFreeBytes)
  gauge("disk_total_bytes", "Size of the data volume", health.diskTotalBytes)
  gauge("phase", `Index in ${instancePhases.join(", ")}`, instancePhases.indexOf(health.phase))
  const { server, disk } = ports.observe()
  gauge(
    "admits_clients",
    "On a primary: 1 while clients are let in, 0 while it is fenced or waits for its quorum",
    server.kind === "primary" ? Number(server.clients.admitted !== false) : undefined,
  )
  gauge(
    "disk_trouble",
    `Index in ${diskKinds.join(", ")}: what trial writes to the volumes showed`,
    diskKinds.indexOf(disk.kind),
  )
  for (const [name, value] of Object.entries(ports.counters())) {
    const full = `pgswarm_failover_${name}_total`
    lines.push(`# TYPE ${full} counter`, `${full}${labels} ${value}`)
  }
  lines.push(...ports.roleChanges.lines(own), ...ports.logRules.lines(own))
  return `${lines.join("\n")}\n`
}
