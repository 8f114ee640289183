/** The cluster that a fault is tried on: its site, its pods, its application. */
import { Client } from "pg"
import { present } from "#core/assert.ts"
import { type ClusterName, clusterName as brandName } from "#core/ids.ts"
import { env, port, superuser } from "#core/names.ts"
import type { Cluster } from "#wire/rest/clusters.ts"
import { applicationSql, newApplication } from "./application.ts"
import type { CentralApi } from "./central-api.ts"
import { postmasterOf, processesOfPod } from "./containers.ts"
import type { DemoFile } from "./demo-file.ts"
import { clusterName } from "./fleet.ts"
import { SiteKube } from "./kube.ts"
import type { Database } from "./writer.ts"

export type DemoSite = DemoFile["sites"][number]

export type Patient = {
  readonly site: DemoSite
  readonly kube: SiteKube
  readonly namespace: string
  readonly name: ClusterName
  /** Central's id of the cluster. */
  readonly id: string
  readonly members: number
}

/** The demo's cluster at this site, as central knows it. */
export async function patientAt(api: CentralApi, site: DemoSite): Promise<Patient> {
  const { items } = await api.call("listClusters", { query: { limit: 200 } })
  const found = items.find((one) => one.satelliteName === site.name && one.name === clusterName)
  if (found === undefined)
    throw new Error(
      `${site.name} has no cluster ${clusterName}; wait until the demo says that it is healthy`,
    )
  return patientOf(site, found)
}

export const patientOf = async (site: DemoSite, cluster: Cluster): Promise<Patient> => ({
  site,
  kube: await SiteKube.open(site.kubeconfig),
  namespace: cluster.namespace,
  name: brandName(cluster.name),
  id: cluster.id,
  members: cluster.members,
})

/** Runs statements as superuser on the pod's server, through its socket on this host. */
export async function asSuperuser(
  patient: Patient,
  pod: string,
  statements: readonly string[],
): Promise<void> {
  const processes = await processesOfPod(patient.site.folder, patient.namespace, pod)
  const postmaster = present(postmasterOf(processes), `PostgreSQL of ${pod} runs on this host`)
  const client = new Client({
    host: present(postmaster.environment.get(env.runDir), "a pod knows where its socket is"),
    port: port.postgres,
    user: superuser,
    password: await patient.kube.superuserPassword(patient.namespace, patient.name),
    database: "postgres",
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
  })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Makes the application's user on the primary; returns how the application reaches the cluster. */
export async function admitApplication(patient: Patient): Promise<Database> {
  const { kube, namespace, name } = patient
  const primary = await kube.primary(namespace, name)
  if (primary === undefined) throw new Error(`${name} has no primary now; wait until it is healthy`)
  const application = newApplication()
  await asSuperuser(patient, primary.name, applicationSql(application))
  return { ...(await kube.readWriteAddress(namespace, name)), ...application }
}
