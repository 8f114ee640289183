/** Deletion protection of a cluster: neither a person nor a rule deletes it before somebody takes this off. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { ShieldCheck, ShieldOff } from "lucide-react"
import type { Cluster } from "#wire/rest/clusters.ts"
import { Only } from "./only.tsx"
import { call } from "../api/client.ts"
import { CallFailed, sentence } from "../api/failure.ts"
import { keys } from "../api/queries.ts"
import { Button } from "../ui/button.tsx"
import { complain, say } from "../ui/toast.tsx"

export function ProtectionButton({ cluster }: { readonly cluster: Cluster }) {
  const client = useQueryClient()
  const change = useMutation({
    mutationFn: (deletionProtected: boolean) =>
      call("editCluster", {
        params: { id: cluster.id },
        body: { version: cluster.version, deletionProtected },
      }),
    onSuccess: (saved) => {
      client.setQueryData([...keys.cluster, saved.id], saved)
      say(
        saved.deletionProtected
          ? `${saved.name} is protected from being deleted.`
          : `${saved.name} can be deleted again.`,
      )
    },
    onError: (error) => {
      complain(error instanceof CallFailed ? sentence(error.failure) : "It could not be changed.")
      void client.invalidateQueries({ queryKey: [...keys.cluster, cluster.id] })
    },
  })
  return (
    <Only who="editCluster">
      <Button
        isPending={change.isPending}
        onPress={() => change.mutate(!cluster.deletionProtected)}
      >
        {cluster.deletionProtected ? (
          <ShieldOff aria-hidden className="size-3.5" />
        ) : (
          <ShieldCheck aria-hidden className="size-3.5" />
        )}
        {cluster.deletionProtected ? "Take off protection" : "Protect"}
      </Button>
    </Only>
  )
}
