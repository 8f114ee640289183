/** What can be done to a satellite in its state, each behind its dialog. */
import { Check, Pencil, X } from "lucide-react"
import { useState } from "react"
import { useMay } from "../api/may.ts"
import type { Satellite } from "#wire/rest/satellites.ts"
import { ApproveSatellite } from "../forms/approve-satellite.tsx"
import { EditSatellite } from "../forms/edit-satellite.tsx"
import { RejectSatellite } from "../forms/reject-satellite.tsx"
import { Button } from "../ui/button.tsx"
import { IdentityMenu } from "./satellite-identity.tsx"

type Props = { readonly satellite: Satellite; readonly small?: boolean }

export function SatelliteActions({ satellite, small = false }: Props) {
  const [open, setOpen] = useState<"approve" | "reject" | "edit">()
  const may = useMay()
  const close = () => setOpen(undefined)
  const undecided = satellite.state === "pending"
  return (
    <span className="relative z-1 inline-flex gap-1.5">
      {undecided && !may("approveSatellite") ? (
        <span className="text-xs text-ink-3">An admin decides about it</span>
      ) : undecided ? (
        <>
          <Button
            small={small}
            kind="primary"
            aria-label={`Approve ${satellite.name}`}
            onPress={() => setOpen("approve")}
          >
            <Check aria-hidden className="size-3.5" />
            Approve
          </Button>
          <Button
            small={small}
            aria-label={`Reject ${satellite.name}`}
            onPress={() => setOpen("reject")}
          >
            <X aria-hidden className="size-3.5" />
            Reject
          </Button>
        </>
      ) : satellite.state === "rejected" || !may("editSatellite") ? null : (
        <Button small={small} onPress={() => setOpen("edit")}>
          <Pencil aria-hidden className="size-3.5" />
          Edit name and labels
        </Button>
      )}
      {small || !may("approveSatellite") ? null : <IdentityMenu satellite={satellite} />}
      {open === "approve" ? <ApproveSatellite satellite={satellite} onClose={close} /> : null}
      {open === "reject" ? <RejectSatellite satellite={satellite} onClose={close} /> : null}
      {open === "edit" ? <EditSatellite satellite={satellite} onClose={close} /> : null}
    </span>
  )
}
