/** One edge site: a microkube and the satellite that dials out of it. */
import { chown, mkdir, readFile, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { failoverNodeFlags, port } from "#core/names.ts"
import type { ServerBinaries } from "#io/postgres/binaries.ts"
import type { Account } from "#io/process/account.ts"
import type { Folder } from "./folder.ts"
import { siteLabels } from "./fleet.ts"
import type { Address } from "./ports.ts"
import type { ProgramSpec } from "./programs.ts"
import type { SiteName } from "./site-names.ts"

export type Site = SiteName & {
  readonly folder: string
  readonly kubeconfig: string
  /** Second number of its loopback block: it lives on 127.<block>.0.0/16. */
  readonly block: number
}

const failoverImage = "pg-swarm/failover:demo"
/** Not 6443: another Kubernetes on this host may listen there on all addresses. */
export const kubernetesPort = 26_443

export const siteAt = (folder: Folder, name: SiteName, block: number): Site => ({
  ...name,
  folder: folder.site(name.name),
  kubeconfig: join(folder.site(name.name), "kube/kubeconfig"),
  block,
})

const host = (site: Site, last: number): string => `127.${site.block}.0.${last}`

export const uplinkAddress = (site: Site) => ({ host: host(site, 3), port: port.centralGrpc })

export const addressesOf = (site: Site): readonly Address[] => [
  { host: host(site, 1), port: kubernetesPort, purpose: `the Kubernetes of ${site.name}` },
  { host: host(site, 2), port: port.satelliteSidecar, purpose: `the satellite of ${site.name}` },
  { host: host(site, 2), port: port.satelliteHealth, purpose: `the satellite of ${site.name}` },
  { ...uplinkAddress(site), purpose: `the line from ${site.name} to central` },
  // Pods have addresses of their own, but a program that listens on every address takes theirs too.
  ...[port.postgres, port.peer, port.sidecarHealth].map((number) => ({
    host: `127.${site.block}.255.254`,
    port: number,
    purpose: `the database pods of ${site.name}`,
  })),
]

const readyWithinMs = 30_000

/** Programs get what they need and nothing of the environment in which the demo happens to run. */
export const plainEnvironment = (home: string): Readonly<Record<string, string>> => ({
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: home,
  LANG: "C.UTF-8",
})

export const satelliteSpec = (folder: Folder, site: Site, grpc: string): ProgramSpec => ({
  name: `${site.name}-satellite`,
  command: [folder.node, folder.program("satellite")],
  asOurselves: false,
  cwd: site.folder,
  env: {
    ...plainEnvironment(site.folder),
    KUBECONFIG: satelliteKubeconfig(site),
    PG_SWARM_CENTRAL_URL: grpc,
    PG_SWARM_SITE: site.name,
    PG_SWARM_LABELS: siteLabels(site),
    PG_SWARM_SIDECAR_LISTEN: `${host(site, 2)}:${port.satelliteSidecar}`,
    PG_SWARM_SIDECAR_ADDRESS: `${host(site, 2)}:${port.satelliteSidecar}`,
    PG_SWARM_HEALTH_LISTEN: `${host(site, 2)}:${port.satelliteHealth}`,
    PG_SWARM_FAILOVER_IMAGE: failoverImage,
    PG_SWARM_DATA_DIR: join(site.folder, "satellite"),
  },
  isReady: ({ event }) => event === "kubernetes.found",
  readyWithinMs,
})

export const microkubeSpec = (
  folder: Folder,
  site: Site,
  account: Account | undefined,
): ProgramSpec => ({
  name: `${site.name}-kubernetes`,
  command: [
    folder.node,
    folder.program("microkube"),
    "--dir",
    join(site.folder, "kube"),
    "--name",
    site.name,
    "--block",
    `127.${site.block}`,
    "--port",
    String(kubernetesPort),
    ...(account === undefined ? [] : ["--user", account.name]),
    "--config",
    configFile(site),
  ],
  // It starts the containers as the account, and keeps them apart with what only root may do.
  asOurselves: true,
  cwd: site.folder,
  env: plainEnvironment(site.folder),
  isReady: ({ ready }) => ready === true,
  readyWithinMs,
})

const satelliteKubeconfig = (site: Site): string => join(site.folder, "satellite/kubeconfig")

/** A kubeconfig that the satellite's account may read. */
export async function giveKubeconfig(site: Site, account: Account | undefined): Promise<void> {
  const path = satelliteKubeconfig(site)
  await writeFile(path, await readFile(site.kubeconfig), { mode: 0o600 })
  if (account !== undefined) await chown(path, account.uid, account.gid)
}

const configFile = (site: Site): string => join(site.folder, "microkube.json")

/** Three nodes, so that members can be spread; an image is a set of programs of this host. */
export async function writeMicrokubeConfig(
  folder: Folder,
  site: Site,
  postgres: readonly ServerBinaries[],
): Promise<void> {
  const { PATH = "" } = plainEnvironment("")
  const newestOfMajor = new Map(postgres.toReversed().map((one) => [one.major, one.dir]))
  const config = {
    nodes: [1, 2, 3].map((number) => `${site.name}-${number}`),
    images: [
      ...[...newestOfMajor].flatMap(([major, dir]) =>
        [`postgres:${major}*`, `*/postgres:${major}*`].map((match) => ({
          match,
          env: { PATH: `${dir}:${PATH}`, LANG: "C.UTF-8", PG_MAJOR: String(major) },
          entrypoint: [],
        })),
      ),
      {
        match: "pg-swarm/failover:*",
        env: { PATH, LANG: "C.UTF-8" },
        entrypoint: [folder.node, ...failoverNodeFlags, folder.program("failover")],
      },
    ],
    storageClasses: [
      {
        metadata: {
          name: "standard",
          annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
        },
        provisioner: "microkube/folder",
        reclaimPolicy: "Delete",
        volumeBindingMode: "WaitForFirstConsumer",
      },
    ],
  }
  await writeFile(configFile(site), JSON.stringify(config, undefined, 2))
}

/** Folders of the site; `satellite` belongs to whom the satellite runs as. */
export async function makeSiteFolders(site: Site, account: Account | undefined): Promise<void> {
  for (const path of [site.folder, join(site.folder, "kube"), join(site.folder, "satellite")]) {
    await mkdir(path, { recursive: true, mode: 0o711 })
    if (account !== undefined) await chown(path, account.uid, account.gid)
  }
}
