/** What saving would make of the profile, what that would ask of clusters, and why it is done. */
import type { ShownParameter } from "#wire/rest/parameters.ts"
import type { Profile } from "#wire/rest/profiles.ts"
import { ChangeList } from "../../components/change-list.tsx"
import { DeedFailed } from "../../components/load-failed.tsx"
import { Only } from "../../components/only.tsx"
import { Passes, StrategyBadge } from "../../components/strategy.tsx"
import { editImpact } from "../../domain/edit-impact.ts"
import { Button, ButtonLink } from "../../ui/button.tsx"
import { TextField } from "../../ui/field.tsx"
import { countText } from "../../ui/format.ts"
import { Panel } from "../../ui/panel.tsx"
import { ToCorrect } from "./to-correct.tsx"
import type { ProfileForm } from "./use-profile-form.ts"

type Props = {
  readonly base: Profile
  readonly editor: ProfileForm
  readonly parameters: Iterable<ShownParameter>
  readonly note: string
  readonly onNote: (note: string) => void
  /** Somebody saved a newer version, which has to be dealt with first. */
  readonly isBehind: boolean
  readonly isPending: boolean
  readonly error: Error | null
}

export function SaveVersion(props: Props) {
  const { base, editor } = props
  const impact =
    editor.spec === undefined || editor.problems.size > 0
      ? undefined
      : editImpact(base.spec, editor.spec, props.parameters)
  const written = impact?.changes.filter(({ cause }) => cause === "profile") ?? []
  const isDescribed = editor.body.name !== base.name || editor.body.description !== base.description
  const isSame = impact !== undefined && written.length === 0 && !isDescribed
  const next = base.specVersion + 1
  return (
    <Panel
      title={written.length > 0 ? `Becomes version ${next}` : "Changes"}
      className="mt-4"
      aside={
        impact === undefined || written.length === 0 ? undefined : (
          <StrategyBadge strategy={impact.strategy} />
        )
      }
    >
      {written.length === 0 ? null : (
        <div className="max-h-96 overflow-y-auto" tabIndex={0} role="region" aria-label="Changes">
          <ChangeList label="Changes" changes={impact?.changes ?? []} />
        </div>
      )}
      <div className="flex flex-col gap-3 border-t border-line p-4 first:border-t-0">
        <Meaning {...props} words={impact?.summary} written={written.length} isSame={isSame} />
        {impact === undefined ? null : <Passes passes={impact.passes} />}
        {written.length === 0 ? null : (
          <TextField
            label="Why (shown in the history)"
            value={props.note}
            onChange={props.onNote}
            placeholder="More memory for the month-end reports"
            className="max-w-3xl"
          />
        )}
        <DeedFailed error={props.error} />
        <div className="flex flex-wrap items-center justify-end gap-2">
          <ToCorrect notes={editor.notes.problems} onShow={editor.openTab} />
          <ButtonLink to="/profiles/$id" params={{ id: base.id }}>
            Cancel
          </ButtonLink>
          <Only who="editProfile">
            <Button
              type="submit"
              kind="primary"
              isDisabled={isSame || props.isBehind}
              isPending={props.isPending}
            >
              {props.isPending ? "Saving…" : written.length > 0 ? `Save version ${next}` : "Save"}
            </Button>
          </Only>
        </div>
      </div>
    </Panel>
  )
}

type MeaningProps = Props & {
  readonly words: string | undefined
  readonly written: number
  readonly isSame: boolean
}

function Meaning({ base, words, written, isSame, isBehind }: MeaningProps) {
  if (isBehind)
    return (
      <p className="text-sm text-ink-2">Decide about the newer version above before you save.</p>
    )
  if (words === undefined)
    return (
      <p className="text-sm text-ink-2">
        What the changes mean is said once nothing is to be corrected.
      </p>
    )
  if (isSame) return <p className="text-sm text-ink-2">Nothing is changed yet.</p>
  if (written === 0)
    return (
      <p className="text-sm text-ink-2">
        Name and description alone make no new version, and no cluster is touched.
      </p>
    )
  return (
    <div className="text-sm text-ink-2">
      <p>
        {base.clusterCount === 0
          ? "No cluster has this profile yet. New ones get the new version."
          : `The ${countText(base.clusterCount, "cluster")} of this profile stay on their versions until the new one is approved for them. New clusters get it at once.`}
      </p>
      <p className="mt-1">
        <span className="font-medium text-ink">
          What it would ask of a cluster that is on version {base.specVersion}:
        </span>{" "}
        {words}
      </p>
    </div>
  )
}
