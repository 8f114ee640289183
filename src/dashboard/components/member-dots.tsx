/** The members of a cluster as small marks: the primary is square and first to be seen. Words are beside it. */
import type { Cluster, Instance } from "#wire/rest/clusters.ts"
import { phaseLook, roleLook } from "../domain/words.ts"
import { classNames } from "../ui/class-names.ts"
import { fillTone } from "../ui/tone.ts"

export const MemberDots = ({ cluster }: { readonly cluster: Cluster }) => (
  <span className="flex items-center gap-1" aria-hidden>
    {cluster.instances.map((instance) => (
      <Dot key={instance.pod} instance={instance} />
    ))}
    {Array.from({ length: Math.max(0, cluster.members - cluster.instances.length) }, (_, place) => (
      <span key={place} className="size-2.5 rounded-full border border-dashed border-control" />
    ))}
  </span>
)

function Dot({ instance }: { readonly instance: Instance }) {
  const { tone, word } = phaseLook(instance.phase)
  return (
    <span
      title={`${instance.pod}: ${roleLook(instance.role).word}, ${word}`}
      className={classNames(
        "size-2.5 transition-[border-radius,background-color] duration-300",
        instance.role === "primary" ? "rounded-[2px]" : "rounded-full",
        instance.ready ? fillTone[tone] : classNames("border-2 bg-transparent", ringOf[tone]),
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
