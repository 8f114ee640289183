/** Pausing a cluster asks once, because nobody takes over from a primary that is lost meanwhile; going on does not. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { Pause, Play } from "lucide-react"
import type { Cluster } from "#wire/rest/clusters.ts"
import { call } from "../api/client.ts"
import { CallFailed, sentence } from "../api/failure.ts"
import { keys } from "../api/queries.ts"
import { Button } from "../ui/button.tsx"
import { complain, say } from "../ui/toast.tsx"
import { Only } from "./only.tsx"

type Props = { readonly cluster: Cluster; readonly onPause: () => void }

export const PauseButton = ({ cluster, onPause }: Props) =>
  cluster.paused ? (
    <ResumeButton cluster={cluster} />
  ) : (
    <Only who="pauseCluster">
      <Button onPress={onPause}>
        <Pause aria-hidden className="size-3.5" />
        Pause
      </Button>
    </Only>
  )

function ResumeButton({ cluster }: { readonly cluster: Cluster }) {
  const client = useQueryClient()
  const resume = useMutation({
    mutationFn: () => call("resumeCluster", { params: { id: cluster.id } }),
    onSuccess: (saved) => {
      client.setQueryData([...keys.cluster, saved.id], saved)
      say(`${saved.name} goes on.`)
    },
    onError: (error) =>
      complain(error instanceof CallFailed ? sentence(error.failure) : "It could not be resumed."),
  })
  return (
    <Only who="resumeCluster">
      <Button isPending={resume.isPending} onPress={() => resume.mutate()}>
        <Play aria-hidden className="size-3.5" />
        Resume
      </Button>
    </Only>
  )
}
