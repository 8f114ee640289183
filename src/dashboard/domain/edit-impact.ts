/** What an edited profile would mean, said before it is saved by the functions that central says it with. */
import { impactOf, type ParameterOrder } from "#core/rollout/impact.ts"
import { profileSpec } from "#wire/profile-spec.ts"
import type { ShownParameter } from "#wire/rest/parameters.ts"
import type { ShownImpact } from "#wire/rest/profile-versions.ts"
import type { ProfileSpecBody } from "#wire/rest/profiles.ts"
import { shownImpact } from "#wire/shown-impact.ts"

/** `parameters`: of which those count that people decided about. */
export function editImpact(
  from: ProfileSpecBody,
  to: ProfileSpecBody,
  parameters: Iterable<ShownParameter>,
): ShownImpact {
  const orders = [...parameters]
    .filter(({ ordered }) => ordered !== null)
    .map(({ name, order }): [string, ParameterOrder] => [name, order])
  return shownImpact(impactOf(profileSpec(from), profileSpec(to), new Map(orders)))
}
