/** The faults that `make demo-fault` offers: what each does, what should follow, and how it is mended. */
import { rm, writeFile } from "node:fs/promises"
import { present } from "#core/assert.ts"
import { postmasterOf, processesOfPod, signalAll } from "./containers.ts"
import type { Patient } from "./patient.ts"
import { cutFile } from "./uplink.ts"

/** What was done, in words, and how to take it back; most faults need no mending. */
export type Struck = { readonly done: string; readonly mend: (() => Promise<string>) | undefined }

export type Fault = {
  readonly name: string
  readonly what: string
  readonly follows: string
  /** Whether another member is expected to lead afterwards. */
  readonly failsOver: boolean
  /** How long a lasting fault stays before it is mended. */
  readonly holdSeconds: number
  strike(patient: Patient, pod: string): Promise<Struck>
}

const processesOf = (patient: Patient, pod: string) =>
  processesOfPod(patient.site.folder, patient.namespace, pod)

export const faults: readonly Fault[] = [
  {
    name: "kill-postmaster",
    what: "kills the first process of the primary's PostgreSQL, as a crash would",
    follows:
      "a replica is promoted within about a second; the old primary is rewound and streams again, no container restarts",
    failsOver: true,
    holdSeconds: 0,
    async strike(patient, pod) {
      const postmaster = present(
        postmasterOf(await processesOf(patient, pod)),
        `PostgreSQL of ${pod} runs`,
      )
      process.kill(postmaster.pid, "SIGKILL")
      return {
        done: `SIGKILL to process ${postmaster.pid}, the postmaster of ${pod}`,
        mend: undefined,
      }
    },
  },
  {
    name: "delete-pod",
    what: "deletes the primary's pod, as draining its node would",
    follows:
      "a clean hand-over to the best replica; the pod comes back as a replica without a rewind",
    failsOver: true,
    holdSeconds: 0,
    async strike(patient, pod) {
      await patient.kube.deletePod(patient.namespace, pod)
      return { done: `pod ${pod} deleted through the Kubernetes API`, mend: undefined }
    },
  },
  {
    name: "freeze-pod",
    what: "stops every process of the primary's pod in its tracks, as a hung machine would",
    follows:
      "its Lease runs out and a replica takes over; thawed, the old primary may not write and joins again",
    failsOver: true,
    holdSeconds: 20,
    async strike(patient, pod) {
      const frozen = await processesOf(patient, pod)
      const count = signalAll(frozen, "SIGSTOP")
      return {
        done: `SIGSTOP to all ${count} processes of ${pod}`,
        mend: async () => {
          const thawed = signalAll(await processesOf(patient, pod), "SIGCONT")
          return `SIGCONT to ${thawed} processes of ${pod}`
        },
      }
    },
  },
  {
    name: "vanish-node",
    what: "takes the primary's node away from one moment to the next, as a pulled plug would",
    follows:
      "its Lease runs out and a replica takes over; the node comes back and its member joins again",
    failsOver: true,
    holdSeconds: 20,
    async strike(patient, pod) {
      const pods = await patient.kube.pods(patient.namespace, patient.name)
      const node = present(pods.find(({ name }) => name === pod)?.node, `${pod} was given a node`)
      const faults = patient.kube.faults()
      await faults.vanishNode(node)
      return {
        done: `node ${node} is gone, and ${pod} with it`,
        mend: async () => {
          await faults.restoreNode(node)
          return `node ${node} is back`
        },
      }
    },
  },
  {
    name: "kubernetes-away",
    what: "takes the site's Kubernetes API away: calls are not answered, watches fall silent",
    follows:
      "nothing for the database: the replicas pledge not to campaign, and the primary goes on without its Lease",
    failsOver: false,
    holdSeconds: 30,
    async strike(patient) {
      const faults = patient.kube.faults()
      const id = await faults.breakApi({ mode: "drop", match: { all: true } })
      return {
        done: `the Kubernetes API of ${patient.site.name} answers nobody`,
        mend: async () => {
          await faults.mend(id)
          return "the Kubernetes API answers"
        },
      }
    },
  },
  {
    name: "cut-central",
    what: "cuts the line between the site and central",
    follows:
      "nothing for the database; central shows the site late, then lost, and all of it is told when the line is back",
    failsOver: false,
    holdSeconds: 45,
    async strike(patient) {
      const file = cutFile(patient.site.folder)
      await writeFile(file, "")
      return {
        done: `the line from ${patient.site.name} to central is cut`,
        mend: async () => {
          await rm(file, { force: true })
          return "the line is whole again"
        },
      }
    },
  },
]
