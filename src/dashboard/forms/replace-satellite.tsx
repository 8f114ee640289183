/** Another Kubernetes in the place of a satellite: which one, and what becomes of the clusters. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { useState } from "react"
import type { Satellite } from "#wire/rest/satellites.ts"
import { call } from "../api/client.ts"
import { satellitesQuery } from "../api/queries.ts"
import { DeedFailed, LoadFailed } from "../components/load-failed.tsx"
import { Button } from "../ui/button.tsx"
import { Checkbox } from "../ui/checkbox.tsx"
import { Dialog, DialogActions } from "../ui/dialog.tsx"
import { Select } from "../ui/select.tsx"
import { ClusterNames, useItsClusters, useSatelliteDeed } from "./satellite-deed.tsx"

type Props = { readonly satellite: Satellite; readonly onClose: () => void }

export function ReplaceSatellite({ satellite, onClose }: Props) {
  const { name, id } = satellite
  const [by, setBy] = useState<string>()
  const [understood, setUnderstood] = useState(false)
  const waiting = useInfiniteQuery(satellitesQuery({ state: "pending" }, 200))
  const clusters = useItsClusters(id)
  // One that is approved and asks anew is no other satellite.
  const others = (waiting.data?.pages.flatMap(({ items }) => items) ?? []).filter(
    (other) => other.approvedAt === null,
  )
  const held = clusters.data ?? []
  const replace = useSatelliteDeed(
    (chosen: string) =>
      call("replaceSatellite", {
        params: { id },
        body: { by: chosen, movedClusters: held.map((cluster) => cluster.id) },
      }),
    `${name} is another Kubernetes from now on.`,
    onClose,
  )
  const ready = by !== undefined && clusters.isSuccess && (understood || held.length === 0)
  return (
    <Dialog title={`Replace ${name}`} open onClose={onClose} busy={replace.isPending} alert wide>
      <div className="flex flex-col gap-4">
        <p className="text-sm text-ink-2">
          A satellite that waits for approval becomes {name}: it keeps the name, labels, history and
          clusters. The identity of the present one is void.
        </p>
        <Select
          label="Satellite that takes over"
          choices={others.map((other) => ({
            value: other.id,
            name: other.name,
            help: `registered as ${other.site}, Kubernetes ${other.kubernetesVersion}`,
          }))}
          value={by}
          onChange={setBy}
          placeholder={others.length === 0 ? "None waits for approval" : "Choose"}
        />
        {clusters.isError ? (
          <LoadFailed
            what="Its clusters"
            error={clusters.error}
            retry={clusters.refetch}
            retrying={clusters.isFetching}
          />
        ) : held.length === 0 ? null : (
          <>
            <div className="text-sm text-ink-2">
              <p>
                These clusters are made anew there, <strong>without their data</strong>; what the
                old site has stays there, and still serves if that site is up:
              </p>
              <ClusterNames clusters={held} />
            </div>
            <Checkbox label="They may begin empty" value={understood} onChange={setUnderstood} />
          </>
        )}
        <DeedFailed error={replace.error} />
      </div>
      <DialogActions>
        <Button onPress={onClose} isDisabled={replace.isPending}>
          Cancel
        </Button>
        <Button
          kind="danger"
          isDisabled={!ready}
          isPending={replace.isPending}
          onPress={() => {
            if (by !== undefined) replace.mutate(by)
          }}
        >
          {replace.isPending ? "Replacing…" : "Replace satellite"}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
