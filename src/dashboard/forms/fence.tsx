/** Shutting clients out of a primary, and letting them in again: what it does is said before it is done. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { type ReactNode, useState } from "react"
import type { Cluster } from "#wire/rest/clusters.ts"
import type { Operation } from "#wire/rest/operations.ts"
import { call } from "../api/client.ts"
import { applyLive, createRefetch } from "../api/live-cache.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { TextField } from "../ui/field.tsx"
import { FormDialog } from "./form-dialog.tsx"

type Props = { readonly cluster: Cluster; readonly onClose: () => void }

export function Fence({ cluster, onClose }: Props) {
  const [reason, setReason] = useState("")
  const said = reason.trim()
  return (
    <AskPrimary
      title={`Fence ${cluster.name}`}
      verb="Fence"
      verbing="Fencing…"
      ready={said !== ""}
      run={() => call("fenceCluster", { params: { id: cluster.id }, body: { reason: said } })}
      onClose={onClose}
    >
      <p className="text-sm text-ink-2">
        <span className="font-mono text-xs font-medium text-ink">{cluster.primary}</span> ends every
        session of a client and lets none in, neither to read nor to write. It stays primary and its
        standbys go on. After ten minutes, or when the role moves, it ends by itself.
      </p>
      <TextField
        label="Reason"
        help="Shown on the cluster's page and in its events."
        value={reason}
        onChange={setReason}
        required
        autoFocus
      />
    </AskPrimary>
  )
}

export const Unfence = ({ cluster, onClose }: Props) => (
  <AskPrimary
    title={`Let clients in to ${cluster.name}?`}
    verb="Let clients in"
    verbing="Asking…"
    ready
    run={() => call("unfenceCluster", { params: { id: cluster.id } })}
    onClose={onClose}
  >
    <p className="text-sm text-ink-2">
      <span className="font-mono text-xs font-medium text-ink">{cluster.primary}</span> takes logins
      of clients again, at once.
    </p>
  </AskPrimary>
)

type AskProps = {
  readonly title: string
  readonly verb: string
  readonly verbing: string
  /** All that is needed was said. */
  readonly ready: boolean
  readonly run: () => Promise<Operation>
  readonly onClose: () => void
  readonly children: ReactNode
}

function AskPrimary({ title, verb, verbing, ready, run, onClose, children }: AskProps) {
  const client = useQueryClient()
  const deed = useMutation({
    mutationFn: run,
    onSuccess: (operation) => {
      applyLive(client, createRefetch(client), { kind: "operation", operation })
      onClose()
    },
  })
  return (
    <FormDialog
      title={title}
      alert
      verb={verb}
      verbing={verbing}
      kind="danger"
      ready={ready}
      leave="Not now"
      busy={deed.isPending}
      onSubmit={() => deed.mutate()}
      onClose={onClose}
    >
      {children}
      <DeedFailed error={deed.error} />
    </FormDialog>
  )
}
