/** What the newest version of a profile says. */
import type { ReactNode } from "react"
import type { Profile } from "#wire/rest/profiles.ts"
import { durabilityLook, presetLook } from "../../domain/words.ts"
import { Age } from "../../ui/age.tsx"
import { bytesText } from "../../ui/format.ts"
import { Fact, Facts, Panel } from "../../ui/panel.tsx"

export const ProfileSettings = ({ profile }: { readonly profile: Profile }) => (
  <div className="flex flex-col gap-4">
    <Panel>
      <ProfileFacts profile={profile} />
    </Panel>
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Panel title="Parameters of PostgreSQL">
        <Code empty="None set: PostgreSQL's defaults and pg-swarm's own.">
          {Object.entries(profile.spec.parameters).map(([name, value]) => `${name} = ${value}`)}
        </Code>
      </Panel>
      <Panel title="HBA rules">
        <Code empty="None: every user signs in with a password, from anywhere in the site.">
          {profile.spec.hba}
        </Code>
      </Panel>
    </div>
  </div>
)

function ProfileFacts({ profile: { spec, ...profile } }: { readonly profile: Profile }) {
  const { cpuRequest, cpuLimit, memoryRequest, memoryLimit } = spec.resources
  const { maxLagBytes, onExcessLag } = spec.failover
  return (
    <Facts>
      <Fact name="Version">
        <span className="tnum">{profile.specVersion}</span>
      </Fact>
      <Fact name="Members">
        <span className="tnum">{spec.members}</span>
      </Fact>
      <Fact name="PostgreSQL">
        <span className="tnum">{spec.postgres.major}</span>
      </Fact>
      <Fact name="Durability">
        <span title={durabilityLook(spec.failover.durability).meaning}>
          {durabilityLook(spec.failover.durability).word}
        </span>
      </Fact>
      <Fact name="Failover">
        <span title={presetLook(spec.failover.preset).meaning}>
          {presetLook(spec.failover.preset).word}
        </span>
      </Fact>
      <Fact name="Changed">
        <Age at={profile.updatedAt} />
      </Fact>
      <Fact name="Data volume">{volumeText(spec.data)}</Fact>
      <Fact name="WAL volume">
        {spec.wal === null ? "on the data volume" : volumeText(spec.wal)}
      </Fact>
      <Fact name="CPU">{rangeText(cpuRequest, cpuLimit)}</Fact>
      <Fact name="Memory">{rangeText(memoryRequest, memoryLimit)}</Fact>
      <Fact name="A candidate may lag">
        {maxLagBytes === null || maxLagBytes === undefined
          ? "by any amount"
          : `${bytesText(maxLagBytes)}, else ${onExcessLag === "ask" ? "a person is asked" : "the best is taken"}`}
      </Fact>
      <Fact name="Recovery rules">
        {typeof spec.recoveryRuleSetId === "string"
          ? "a set that is kept apart"
          : spec.recovery === null || spec.recovery === undefined
            ? "built in"
            : "its own"}
      </Fact>
      <Fact name="Image" wide>
        <code className="font-mono text-xs break-all">{spec.postgres.image}</code>
      </Fact>
    </Facts>
  )
}

const volumeText = ({ sizeBytes, storageClass, tier }: Profile["spec"]["data"]): string =>
  `${bytesText(sizeBytes)}, ${typeof tier === "string" ? `tier ${tier}` : (storageClass ?? "default class")}`

const rangeText = (request: string | null, limit: string | null): string =>
  `${request ?? "no request"}, ${limit === null ? "no limit" : `at most ${limit}`}`

function Code({
  children,
  empty,
}: {
  readonly children: readonly string[]
  readonly empty: string
}): ReactNode {
  if (children.length === 0) return <p className="px-4 py-6 text-sm text-ink-3">{empty}</p>
  return (
    <pre className="overflow-x-auto px-4 py-3 font-mono text-xs leading-6" tabIndex={0}>
      {children.join("\n")}
    </pre>
  )
}
