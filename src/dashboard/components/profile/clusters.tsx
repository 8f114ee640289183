/** The clusters of a profile: which version each is on, and what another version would mean for it. */
import { useQuery } from "@tanstack/react-query"
import { useNavigate } from "@tanstack/react-router"
import { Database } from "lucide-react"
import type { ImpactAnswer } from "#wire/rest/profile-versions.ts"
import type { Profile } from "#wire/rest/profiles.ts"
import { cascadeQuery, impactQuery } from "../../api/intent-queries.ts"
import { ButtonLink } from "../../ui/button.tsx"
import { Disclosure } from "../../ui/disclosure.tsx"
import { countText } from "../../ui/format.ts"
import { Notice } from "../../ui/notice.tsx"
import { Panel } from "../../ui/panel.tsx"
import { Select } from "../../ui/select.tsx"
import { Empty, LoadingRows } from "../../ui/states.tsx"
import { TextLink } from "../../ui/text-link.tsx"
import { ChangeList } from "../change-list.tsx"
import { LoadFailed } from "../load-failed.tsx"
import { Only } from "../only.tsx"
import { Passes, StrategyBadge } from "../strategy.tsx"

type Props = { readonly profile: Profile; readonly to: number | undefined }

export function ProfileClusters({ profile, to: given }: Props) {
  const navigate = useNavigate({ from: "/profiles/$id" })
  const to = Math.min(given ?? profile.specVersion, profile.specVersion)
  const impact = useQuery(impactQuery(profile.id, to))
  const versions = Array.from({ length: profile.specVersion }, (_, at) => {
    const version = profile.specVersion - at
    return {
      value: String(version),
      name: version === profile.specVersion ? `${version} (newest)` : String(version),
    }
  })
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_18rem]">
      <Panel>
        <div className="flex flex-wrap items-end gap-x-4 gap-y-2 border-b border-line p-4">
          <Select
            label="What would it mean to go to version"
            choices={versions}
            value={String(to)}
            onChange={(version) =>
              void navigate({ search: { tab: "clusters", to: Number(version) }, replace: true })
            }
            className="w-64"
          />
          <Only who="createRollout">
            <ButtonLink to="/rollouts/new" search={{ profileId: profile.id, to }}>
              Roll out version {to}
            </ButtonLink>
          </Only>
          {impact.data === undefined ? null : (
            <p role="status" className="self-center text-sm text-ink-2 sm:ml-auto">
              {countText(impact.data.clusterCount, "cluster")}
              {impact.data.awayCount === 0
                ? ""
                : `, ${impact.data.awayCount} on sites that are away and would owe the change`}
            </p>
          )}
        </div>
        {impact.data === undefined ? (
          impact.isError ? (
            <LoadFailed
              what="The impact"
              error={impact.error}
              retry={impact.refetch}
              retrying={impact.isFetching}
            />
          ) : (
            <LoadingRows what="the impact" rows={3} />
          )
        ) : (
          <Impact answer={impact.data} profile={profile} />
        )}
      </Panel>
      <RulesOf profile={profile} to={to} />
    </div>
  )
}

type ImpactProps = { readonly answer: ImpactAnswer; readonly profile: Profile }

function Impact({ answer, profile }: ImpactProps) {
  if (answer.groups.length === 0)
    return (
      <Empty
        icon={Database}
        title="No cluster has this profile"
        action={
          <Only who="createRule">
            <ButtonLink to="/rules/new" search={{ profileId: profile.id }} kind="primary">
              Deploy by rule
            </ButtonLink>
          </Only>
        }
      >
        A rule puts one on every approved satellite whose labels match.
      </Empty>
    )
  return (
    <>
      {answer.warnings.length === 0 ? null : (
        <Notice tone="warn" className="m-4">
          <ul className="list-disc pl-4">
            {answer.warnings.map(({ field, problem }) => (
              <li key={`${field} ${problem}`}>
                <code className="font-mono text-xs">{field.replace(/^spec\./, "")}</code>: {problem}
              </li>
            ))}
          </ul>
        </Notice>
      )}
      <ul className="divide-y divide-line">
        {answer.groups.map((group) => (
          <Group key={group.fromVersion} group={group} to={answer.specVersion} />
        ))}
      </ul>
    </>
  )
}

type GroupProps = { readonly group: ImpactAnswer["groups"][number]; readonly to: number }

function Group({ group, to }: GroupProps) {
  const { impact, fromVersion, clusterCount, awayCount } = group
  const isThere = fromVersion === to
  return (
    <li className="flex flex-col gap-2 px-4 py-3">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <h3 className="text-sm font-semibold">
          {countText(clusterCount, "cluster")} on version {fromVersion}
        </h3>
        {isThere ? null : <StrategyBadge strategy={impact.strategy} />}
        {awayCount === 0 ? null : <span className="text-xs text-ink-3">{awayCount} away</span>}
      </div>
      <p className="text-sm text-ink-2">{isThere ? "They are there already." : impact.summary}</p>
      {isThere ? null : <Passes passes={impact.passes} />}
      {isThere || impact.changes.length === 0 ? null : (
        <Disclosure title={`${countText(impact.changes.length, "change")} in detail`}>
          <ChangeList
            label={`Changes from version ${fromVersion}`}
            changes={impact.changes}
            dense
          />
        </Disclosure>
      )}
      <Disclosure title="Which clusters" open={clusterCount <= 12}>
        <ul className="flex flex-wrap gap-x-4 gap-y-1 pb-1 pl-5 text-sm">
          {group.clusters.map((cluster) => (
            <li key={cluster.id} className="min-w-0 break-words">
              <TextLink to="/clusters/$id" params={{ id: cluster.id }}>
                {cluster.name}
              </TextLink>{" "}
              <span className="text-ink-3">
                on {cluster.satelliteName}
                {cluster.isAway ? ", away" : ""}
              </span>
            </li>
          ))}
          {group.clusters.length < clusterCount ? (
            <li className="text-ink-3">and {clusterCount - group.clusters.length} more</li>
          ) : null}
        </ul>
      </Disclosure>
    </li>
  )
}

/** Rules make their clusters of the newest version, whatever the others are on. */
function RulesOf({ profile, to }: { readonly profile: Profile; readonly to: number }) {
  const { data } = useQuery(cascadeQuery(profile.id, to))
  return (
    <Panel title="Rules that use it">
      {data === undefined ? (
        <LoadingRows what="the rules" rows={2} />
      ) : data.rules.length === 0 ? (
        <p className="p-4 text-sm text-ink-2">None.</p>
      ) : (
        <ul className="divide-y divide-line">
          {data.rules.map((rule) => (
            <li key={rule.id} className="flex justify-between gap-3 px-4 py-2 text-sm">
              <TextLink to="/rules/$id" params={{ id: rule.id }}>
                {rule.name}
              </TextLink>
              <span className="tnum shrink-0 text-ink-2">
                {countText(rule.clusterCount, "cluster")}
              </span>
            </li>
          ))}
        </ul>
      )}
      <p className="border-t border-line px-4 py-2 text-xs text-ink-3">
        A cluster that a rule makes from now on gets version {profile.specVersion}.
      </p>
    </Panel>
  )
}
