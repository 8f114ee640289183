/** What the failover scenario needs of a Kubernetes with a cluster in it; microkube and a real one both give it. */
import type { ClusterName } from "#core/ids.ts"
import type { Database } from "../../src/demo/writer.ts"
import type { SiteKube } from "../../src/demo/kube.ts"

export interface World {
  readonly kube: SiteKube
  readonly namespace: string
  readonly cluster: ClusterName
  readonly members: number
  /** The application's way in, through the `-rw` service. */
  readonly database: Database
  /** Kills the postmaster alone, as a crash would: its container and its backends are left as they are. */
  killPostmaster(pod: string): Promise<void>
  /** The pod's node is gone from one moment to the next; disposing brings it back. Undefined where that can not be done. */
  readonly vanishNode: ((pod: string) => Promise<AsyncDisposable>) | undefined
}
