/** Taking a satellite's identity away. */
import { useState } from "react"
import type { Satellite } from "#wire/rest/satellites.ts"
import { call } from "../api/client.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { TextField } from "../ui/field.tsx"
import { FormDialog } from "./form-dialog.tsx"
import { useSatelliteDeed } from "./satellite-deed.tsx"

type Props = { readonly satellite: Satellite; readonly onClose: () => void }

export function RevokeSatellite({ satellite, onClose }: Props) {
  const { name, id, clusterCount } = satellite
  const [reason, setReason] = useState("")
  const given = reason.trim()
  const revoke = useSatelliteDeed(
    () => call("revokeSatellite", { params: { id }, body: given === "" ? {} : { reason: given } }),
    `The identity of ${name} is revoked.`,
    onClose,
  )
  return (
    <FormDialog
      title={`Revoke ${name}?`}
      alert
      verb="Revoke identity"
      verbing="Revoking…"
      kind="danger"
      ready={given.length <= 200}
      busy={revoke.isPending}
      onSubmit={() => revoke.mutate(undefined)}
      onClose={onClose}
    >
      <p className="text-sm text-ink-2">
        Its stream ends at once and its token and certificate are refused from now on.{" "}
        {clusterCount === 0
          ? "It has no cluster."
          : `Its ${clusterCount === 1 ? "cluster runs" : `${clusterCount} clusters run`} on and fail over by themselves, but no change reaches them and nothing is heard of them.`}{" "}
        The satellite asks to be let in anew, and waits for you.
      </p>
      <DeedFailed error={revoke.error} />
      <TextField
        label="Reason"
        help="Told to the satellite and on its page. May be empty."
        value={reason}
        onChange={setReason}
      />
    </FormDialog>
  )
}
