/** Somebody else saved the profile while it was edited here: what they changed, and what becomes of what was typed. */
import type { Profile } from "#wire/rest/profiles.ts"
import { ChangeList } from "../../components/change-list.tsx"
import { editImpact } from "../../domain/edit-impact.ts"
import { fieldWords } from "../../domain/spec-words.ts"
import { Button } from "../../ui/button.tsx"
import { Notice } from "../../ui/notice.tsx"
import { Panel } from "../../ui/panel.tsx"
import { carryOver } from "./carry-over.ts"
import { createProfileBody } from "#wire/rest/profiles.ts"
import type { ProfileBody } from "./values.ts"

type Props = {
  /** As it was when editing began. */
  readonly base: Profile
  readonly newer: Profile
  /** What is typed now. */
  readonly mine: ProfileBody
  readonly onTake: (profile: Profile) => void
  readonly onCarry: (merged: Pick<Profile, "name" | "description" | "spec">) => void
}

export function NewerVersion({ base, newer, mine, onTake, onCarry }: Props) {
  const theirs = editImpact(base.spec, newer.spec, []).changes
  const parsed = createProfileBody.safeParse(mine)
  const carried = parsed.success
    ? carryOver(described(base), parsed.data, described(newer))
    : undefined
  const both = (carried?.both ?? []).map((path) => path.replace(/^spec\./, ""))
  const marks = new Map(both.map((field) => [field, "You changed it too; yours would stay."]))
  const renamed = base.name === newer.name ? "" : ` It is called ${newer.name} now.`
  return (
    <Panel title={`Version ${newer.specVersion} was saved meanwhile`} className="mb-4">
      <div className="flex flex-col gap-3 p-4">
        <p role="alert" className="text-sm text-ink-2">
          Somebody else saved this profile while you were editing. Nothing that you typed is lost.
          {renamed}
        </p>
        {theirs.length === 0 ? null : (
          <ChangeList label="What was changed meanwhile" changes={theirs} marked={marks} dense />
        )}
        {both.length === 0 ? null : (
          <Notice tone="warn">
            Both of you changed {both.map((field) => fieldWords(field).text).join(", ")}.
          </Notice>
        )}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onPress={() => onTake(newer)}>Drop mine, edit version {newer.specVersion}</Button>
          <Button
            kind="primary"
            isDisabled={carried === undefined}
            onPress={() => {
              if (carried !== undefined) onCarry(carried.merged)
            }}
          >
            Carry my changes over
          </Button>
        </div>
        {carried === undefined ? (
          <p className="text-right text-xs text-ink-3">
            Changes are carried over once nothing is to be corrected.
          </p>
        ) : null}
      </div>
    </Panel>
  )
}

const described = ({ name, description, spec }: Profile) => ({ name, description, spec })
