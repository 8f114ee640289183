/** The end of a satellite: its name must be typed, and what it still runs is shown. */
import { useNavigate } from "@tanstack/react-router"
import type { Satellite } from "#wire/rest/satellites.ts"
import { call } from "../api/client.ts"
import { ConfirmNamed } from "./confirm-named.tsx"
import { ClusterNames, useItsClusters } from "./satellite-deed.tsx"
import { useQueryClient } from "@tanstack/react-query"
import { keys } from "../api/queries.ts"
import { say } from "../ui/toast.tsx"

type Props = { readonly satellite: Satellite; readonly onClose: () => void }

export function DecommissionSatellite({ satellite, onClose }: Props) {
  const { name, id } = satellite
  const navigate = useNavigate()
  const client = useQueryClient()
  const clusters = useItsClusters(id)
  const held = clusters.data ?? []
  return (
    <ConfirmNamed
      title={`Decommission ${name}?`}
      name={name}
      verb={held.length === 0 ? "Decommission" : "Abandon clusters and decommission"}
      verbing="Decommissioning…"
      // Named as they are shown: one that came meanwhile is refused, and told.
      run={() =>
        call("decommissionSatellite", {
          params: { id },
          body: { abandonedClusters: held.map((cluster) => cluster.id) },
        })
      }
      onClose={onClose}
      onDone={async () => {
        say(`${name} is decommissioned.`)
        await navigate({ to: "/satellites" })
        await client.invalidateQueries({ queryKey: keys.satellites })
        await client.invalidateQueries({ queryKey: keys.clusters })
        await client.invalidateQueries({ queryKey: keys.overview })
      }}
    >
      <p>Central forgets it; its identity is refused from now on. This cannot be undone.</p>
      {held.length === 0 ? null : (
        <>
          <p className="mt-2">
            These clusters are forgotten with it. Where their site is up they{" "}
            <strong>run on</strong>, unknown to central; delete them first if they should end:
          </p>
          <ClusterNames clusters={held} />
        </>
      )}
    </ConfirmNamed>
  )
}
