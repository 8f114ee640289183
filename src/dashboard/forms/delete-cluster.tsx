/** Deleting a cluster with its data: its name must be typed. */
import { useQueryClient } from "@tanstack/react-query"
import type { Cluster } from "#wire/rest/clusters.ts"
import { call } from "../api/client.ts"
import { keys } from "../api/queries.ts"
import { say } from "../ui/toast.tsx"
import { ConfirmNamed } from "./confirm-named.tsx"

type Props = { readonly cluster: Cluster; readonly onClose: () => void }

export function DeleteCluster({ cluster, onClose }: Props) {
  const client = useQueryClient()
  return (
    <ConfirmNamed
      title={`Delete ${cluster.name}?`}
      name={cluster.name}
      verb="Delete cluster and data"
      verbing="Deleting…"
      run={() => call("deleteCluster", { params: { id: cluster.id } })}
      onClose={onClose}
      onDone={async (deleted) => {
        client.setQueryData([...keys.cluster, deleted.id], deleted)
        say(`${deleted.name} on ${deleted.satelliteName} is being deleted.`)
        await client.invalidateQueries({ queryKey: keys.clusters })
        await client.invalidateQueries({ queryKey: keys.overview })
      }}
    >
      All {cluster.members} members on{" "}
      <span className="font-medium text-ink">{cluster.satelliteName}</span> and their data are
      removed for good. If the site is away, it happens when it is next connected.
    </ConfirmNamed>
  )
}
