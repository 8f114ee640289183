/** The catalogue has another image for a profile's choice by now: said, and offered to those who may take it. */
import type { Profile } from "#wire/rest/profiles.ts"
import { ButtonLink } from "../ui/button.tsx"
import { Notice } from "../ui/notice.tsx"
import { Only } from "./only.tsx"

type Props = { readonly profile: Profile; readonly className?: string }

export function NewerImage({ profile: { id, name, specVersion, newerImage }, className }: Props) {
  if (newerImage === undefined) return null
  return (
    <Notice tone="busy" {...(className === undefined ? {} : { className })}>
      <span className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <span className="min-w-0">
          The catalogue has PostgreSQL {newerImage.minor} for profile {name}. No cluster gets it by
          itself: it takes a version {specVersion + 1} of the profile, and a rollout of that, which
          restarts members.
        </span>
        <Only who="editProfile">
          <ButtonLink
            to="/profiles/$id/edit"
            params={{ id }}
            search={{ take: "newer-image" }}
            small
          >
            Take {newerImage.minor} into a new version
          </ButtonLink>
        </Only>
      </span>
    </Notice>
  )
}
