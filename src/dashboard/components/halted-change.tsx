/** A configuration that does not come into force: its state, what is the matter, what to do, and how far it got. */
import type { Cluster } from "#wire/rest/clusters.ts"
import { changeLook, type Halted, haltedChange } from "../domain/change.ts"
import { Age } from "../ui/age.tsx"
import { Badge } from "../ui/badge.tsx"
import { Notice } from "../ui/notice.tsx"
import { TextLink } from "../ui/text-link.tsx"

export function HaltedChange({ cluster }: { readonly cluster: Cluster }) {
  const halted = cluster.state === "deleting" ? undefined : haltedChange(cluster)
  if (halted === undefined) return null
  const { change, matter, todo } = halted
  const { word, tone, meaning } = changeLook(change.state)
  const title = `Version ${change.version} of the configuration`
  return (
    <section aria-label={title} className="surface min-w-0 shadow-raised">
      <header className="flex min-h-11 flex-wrap items-center justify-between gap-x-3 gap-y-1 border-b border-line px-4 py-1.5">
        <h2 className="flex flex-wrap items-center gap-x-2.5 gap-y-1 text-base font-semibold">
          {title}
          <Badge tone={tone} title={meaning}>
            {word}
          </Badge>
        </h2>
        <span className="text-sm text-ink-3">
          begun <Age at={change.startedAt} />
        </span>
      </header>
      <div className="flex flex-col gap-3 p-4">
        <Notice tone={tone} alert>
          {matter}
        </Notice>
        <div className="text-sm">
          <h3 className="font-medium">What to do</h3>
          <ul className="mt-1 flex max-w-3xl list-disc flex-col gap-0.5 pl-5 text-ink-2">
            {todo.map((each) => (
              <li key={each}>{each}</li>
            ))}
            <li>
              The configuration comes from profile{" "}
              <TextLink to="/profiles/$id" params={{ id: cluster.profileId }}>
                {cluster.profileName}
              </TextLink>
              .
            </li>
          </ul>
        </div>
        <SoFar change={change} />
      </div>
    </section>
  )
}

function SoFar({ change: { steps, pendingRestart } }: Pick<Halted, "change">) {
  const done = steps.filter(({ state }) => state === "done")
  const parts = [
    ...(done.length === 0
      ? []
      : [`Done so far: ${done.map(({ action, pod }) => `${action} ${pod}`).join(", ")}.`]),
    ...(pendingRestart.length === 0
      ? []
      : [`Waits for a restart of members: ${pendingRestart.join(", ")}.`]),
  ]
  return parts.length === 0 ? null : <p className="text-xs text-ink-3">{parts.join(" ")}</p>
}
