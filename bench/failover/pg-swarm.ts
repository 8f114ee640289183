/** pg-swarm as the demo runs it: central, a satellite and a cluster on microkube, one site on this machine. */
import { mkdtemp, rm } from "node:fs/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { present } from "#core/assert.ts"
import type { Durability, Preset } from "#core/cluster/spec.ts"
import { container, port } from "#core/names.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"
import { quoteIdentifier } from "#io/postgres/sql.ts"
import { operationSchema } from "#wire/rest/operations.ts"
import { routes } from "#wire/rest/routes.ts"
import { applicationSql, newApplication } from "../../src/demo/application.ts"
import { type Demo, openDemo, settle } from "../../src/demo/compose.ts"
import { postmasterOf, processesOfPod } from "../../src/demo/containers.ts"
import { parseFlags } from "../../src/demo/flags.ts"
import { asSuperuser, type Patient, patientAt } from "../../src/demo/patient.ts"
import { openSteps } from "../../src/demo/steps.ts"
import { connect } from "./connection.ts"
import {
  type Account,
  type FaultName,
  type Host,
  type Struck,
  type System,
  tablesSql,
} from "./system.ts"

export type PgSwarmOptions = {
  readonly preset: Preset
  readonly durability: Durability
  readonly members: number
  readonly postgres: ServerBinaries
  /** Second number of its loopback block. */
  readonly block: number
  readonly say: (line: string) => void
  /** Leaves the folder with its logs. */
  readonly keep: boolean
}

const answerMs = 10_000
const switchoverMs = 60_000
const killEveryMs = 100

export async function openPgSwarm(options: PgSwarmOptions, signal: AbortSignal): Promise<System> {
  await using stack = new AsyncDisposableStack()
  const state = await mkdtemp("/var/tmp/failover-bench-")
  if (options.keep) options.say(`logs are kept in ${state}/logs`)
  else stack.defer(() => rm(state, { recursive: true, force: true, maxRetries: 5 }))
  const flags = parseFlags(
    [
      "--state",
      state,
      "--port",
      "0",
      "--loopback",
      String(options.block),
      "--sites",
      "1",
      "--members",
      String(options.members),
      "--durability",
      options.durability,
      "--preset",
      options.preset,
      "--postgres",
      options.postgres.dir,
    ],
    {},
    false,
  )
  if (flags.kind !== "ok") throw new Error(JSON.stringify(flags))
  const steps = openSteps(options.say)
  const demo = stack.use(await openDemo(flags.value, steps, signal))
  await settle(demo, flags.value, steps, signal)
  const patient = await patientAt(demo.api, present(demo.sites[0], "the demo has a site"))
  stack.use(patient.kube)
  const account = await admit(patient)
  const owned = stack.move()
  return new PgSwarm(options, demo, patient, account, () => owned.disposeAsync())
}

async function admit(patient: Patient): Promise<Account> {
  const { kube, namespace, name } = patient
  const primary = present(await kube.primary(namespace, name), "the cluster has a primary")
  const account = newApplication()
  await asSuperuser(patient, primary.name, [
    ...applicationSql(account),
    ...tablesSql,
    `grant select, insert on bench_writes, bench_probes to ${quoteIdentifier(account.user)}`,
  ])
  return account
}

class PgSwarm implements System {
  readonly name: string
  readonly account: Account
  readonly #demo: Demo
  readonly #patient: Patient
  readonly #dispose: () => Promise<void>
  #told: string | undefined

  constructor(
    options: PgSwarmOptions,
    demo: Demo,
    patient: Patient,
    account: Account,
    dispose: () => Promise<void>,
  ) {
    this.name = `pg-swarm, ${options.preset}, ${options.durability}`
    this.account = account
    this.#demo = demo
    this.#patient = patient
    this.#dispose = dispose
  }

  async hosts(): Promise<readonly Host[]> {
    const { kube, namespace, name } = this.#patient
    const pods = await kube.pods(namespace, name)
    return pods.flatMap((pod) =>
      pod.ip === undefined ? [] : [{ member: pod.name, host: pod.ip, port: port.postgres }],
    )
  }

  async untilWhole(withinMs: number): Promise<string> {
    const until = performance.now() + withinMs
    for (;;) {
      const found = await this.#whole().catch(() => undefined)
      if (found !== undefined) return found
      if (performance.now() > until)
        throw new Error(
          `${this.name}: not everybody is where it should be; see ${this.#demo.folder.root}`,
        )
      await sleep(200)
    }
  }

  /** One primary, everybody ready and streaming, and on record as those who may hold the last commit. */
  async #whole(): Promise<string | undefined> {
    const { kube, namespace, name, members } = this.#patient
    const pods = await kube.pods(namespace, name)
    const primaries = pods.filter(({ role }) => role === "primary")
    const [primary] = primaries
    if (primaries.length !== 1 || primary?.ip === undefined) return undefined
    if (pods.filter((pod) => pod.ready && !pod.deleting).length !== members) return undefined
    const { syncSet } = await kube.lease(namespace, name)
    if (!this.name.endsWith("async") && syncSet.length !== members - 1) return undefined
    const { client, close } = await connect(
      { member: primary.name, host: primary.ip, port: port.postgres },
      this.account,
      2_000,
    )
    try {
      const { rows } = await client.query(
        "select from pg_stat_replication where state = 'streaming'",
      )
      return rows.length === members - 1 ? primary.name : undefined
    } finally {
      close()
    }
  }

  async strike(fault: FaultName, pod: string): Promise<Struck | undefined> {
    const { kube, namespace } = this.#patient
    const faults = kube.faults()
    const agent = { namespace, pod, container: container.failover }
    switch (fault) {
      case "postmaster-killed":
        await this.#killPostmaster(pod)
        return { mend: undefined }
      case "switchover":
        return (await this.#switchover()) ? { mend: undefined } : undefined
      case "member-deleted":
        await kube.deletePod(namespace, pod)
        return { mend: undefined }
      case "node-lost": {
        const node = await this.#nodeOf(pod)
        await faults.vanishNode(node)
        return { mend: () => faults.restoreNode(node) }
      }
      case "node-frozen": {
        const node = await this.#nodeOf(pod)
        await faults.freezeNode(node)
        return { mend: () => faults.thawNode(node) }
      }
      case "agent-killed":
        return this.#keepKilling(pod)
      case "agent-frozen":
        await faults.freeze(agent)
        return { mend: () => faults.thaw(agent) }
      case "store-away": {
        const id = await faults.breakApi({ mode: "drop", match: { all: true } })
        return { mend: () => faults.mend(id) }
      }
    }
  }

  /** Its kubelet starts it again, so that it is killed again, until the fault is over. */
  #keepKilling(pod: string): Struck {
    const { kube, namespace } = this.#patient
    const agent = { namespace, pod, container: container.failover }
    const stop = new AbortController()
    const done = (async (): Promise<void> => {
      while (!stop.signal.aborted) {
        // Refused while it does not run.
        await kube
          .faults()
          .kill(agent)
          .catch(() => undefined)
        await sleep(killEveryMs)
      }
    })()
    return {
      mend: () => {
        stop.abort()
        return done
      },
    }
  }

  async #killPostmaster(pod: string): Promise<void> {
    const processes = await processesOfPod(this.#patient.site.folder, this.#patient.namespace, pod)
    const { pid } = present(postmasterOf(processes), `PostgreSQL of ${pod} runs`)
    process.kill(pid, "SIGKILL")
  }

  async #nodeOf(pod: string): Promise<string> {
    const pods = await this.#patient.kube.pods(this.#patient.namespace, this.#patient.name)
    return present(pods.find(({ name }) => name === pod)?.node, `${pod} was given a node`)
  }

  /** Resolves when the operation has ended well; false where central knows no such operation. */
  async #switchover(): Promise<boolean> {
    const { id } = this.#patient
    const started = await this.#rest("POST", routes.startSwitchover.path, id, {})
    if (started.status === 404) return false
    if (!started.ok) throw new Error(`switchover: ${started.status} ${await started.text()}`)
    const { id: operation } = operationSchema.parse(await started.json())
    const until = performance.now() + switchoverMs
    for (;;) {
      const answer = await this.#rest("GET", routes.getOperation.path, operation)
      const { state, error } = operationSchema.parse(await answer.json())
      if (state === "succeeded") return true
      if (state === "failed" || state === "cancelled")
        throw new Error(`the switchover ${state}: ${error}`)
      if (performance.now() > until) throw new Error(`the switchover is still ${state}`)
      await sleep(100)
    }
  }

  #rest(method: "GET" | "POST", path: string, id: string, body?: object): Promise<Response> {
    return fetch(`${this.#demo.url}/api/v1${path.replace(":id", id)}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#demo.token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerMs),
    })
  }

  /** The record of the last role change, where its time was spent. */
  async explained(): Promise<string | undefined> {
    const { id } = this.#patient
    const { items } = await this.#demo.api.call("listRoleChanges", {
      params: { id },
      query: { limit: 1 },
    })
    const [last] = items
    if (last === undefined || this.#told === last.id) return undefined
    this.#told = last.id
    const { kind, cause, detectMs, electMs, promoteMs, routeMs } = last
    return `${kind}, ${cause}: detect ${detectMs}, elect ${electMs}, promote ${promoteMs}, route ${routeMs} ms`
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#dispose()
  }
}
