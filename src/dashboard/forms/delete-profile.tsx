/** Deleting a profile that nothing uses. */
import { useNavigate } from "@tanstack/react-router"
import type { Profile } from "#wire/rest/profiles.ts"
import { call } from "../api/client.ts"
import { countText } from "../ui/format.ts"
import { DeleteNamed } from "./delete-named.tsx"

type Props = { readonly profile: Profile; readonly onClose: () => void }

export function DeleteProfile({ profile, onClose }: Props) {
  const navigate = useNavigate()
  return (
    <DeleteNamed
      title={`Delete profile ${profile.name}?`}
      verb="Delete profile"
      verbing="Deleting…"
      done={`Profile ${profile.name} is deleted.`}
      run={() => call("deleteProfile", { params: { id: profile.id } })}
      stale={["profiles", "list"]}
      onClose={onClose}
      onDone={() => void navigate({ to: "/profiles" })}
    >
      Its {countText(profile.specVersion, "version")} and what was said about them are lost. Only a
      profile that no cluster and no rule uses can be deleted.
    </DeleteNamed>
  )
}
