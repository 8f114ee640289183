/** A new token for a satellite. */
import type { Satellite } from "#wire/rest/satellites.ts"
import { call } from "../api/client.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { Button } from "../ui/button.tsx"
import { Dialog, DialogActions } from "../ui/dialog.tsx"
import { useSatelliteDeed } from "./satellite-deed.tsx"

type Props = { readonly satellite: Satellite; readonly onClose: () => void }

export function RotateToken({ satellite, onClose }: Props) {
  const { name, id, state } = satellite
  const rotate = useSatelliteDeed(
    () => call("rotateSatelliteToken", { params: { id } }),
    `${name} is given a new token.`,
    onClose,
  )
  const isHere = state === "connected" || state === "late"
  return (
    <Dialog
      title={`Rotate the token of ${name}?`}
      open
      onClose={onClose}
      busy={rotate.isPending}
      alert
    >
      <p className="mb-4 text-sm text-ink-2">
        {isHere
          ? "It is given a new token over its stream"
          : "When it is next connected, it is given a new token"}
        , stores it and comes back with it at once. From then on the present token is refused.
        Clusters notice nothing.
      </p>
      <DeedFailed error={rotate.error} />
      <DialogActions>
        <Button onPress={onClose} isDisabled={rotate.isPending}>
          Cancel
        </Button>
        <Button
          kind="primary"
          isPending={rotate.isPending}
          onPress={() => rotate.mutate(undefined)}
        >
          {rotate.isPending ? "Asking…" : "Rotate token"}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
