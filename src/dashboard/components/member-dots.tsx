/** The members of a cluster as small marks: the primary is square and first to be seen. Words are beside it. */
import type { Cluster } from "#wire/rest/clusters.ts"
import { type Member, membersOf } from "../domain/cluster.ts"
import { phaseLook, roleLook } from "../domain/words.ts"
import { classNames } from "../ui/class-names.ts"
import { fillTone } from "../ui/tone.ts"

export const MemberDots = ({ cluster }: { readonly cluster: Cluster }) => (
  <span className="flex items-center gap-1" aria-hidden>
    {membersOf(cluster).map((instance) => (
      <Dot key={instance.pod} instance={instance} />
    ))}
    {Array.from({ length: Math.max(0, cluster.members - cluster.instances.length) }, (_, place) => (
      <span key={place} className="size-2.5 rounded-full border border-dashed border-control" />
    ))}
  </span>
)

function Dot({ instance }: { readonly instance: Member }) {
  const { tone, word } = phaseLook(instance.phase)
  const shade = instance.shown === "claims-primary" ? "warn" : tone
  return (
    <span
      title={`${instance.pod}: ${roleLook(instance.shown).word}, ${word}`}
      className={classNames(
        "size-2.5 transition-[border-radius,background-color] duration-300",
        instance.shown === "primary" ? "rounded-[2px]" : "rounded-full",
        instance.ready ? fillTone[shade] : classNames("border-2 bg-transparent", ringOf[shade]),
      )}
    />
  )
}

const ringOf = {
  good: "border-good-fill",
  busy: "border-busy-fill",
  warn: "border-warn-fill",
  bad: "border-bad-fill",
  quiet: "border-quiet-fill",
} as const
