/** The profile editor: its tabs with counts of what is wrong, and below them whatever the page saves with. */
import { type ReactNode, useMemo } from "react"
import { Panel } from "../../ui/panel.tsx"
import { Notice } from "../../ui/notice.tsx"
import { Tabs } from "../../ui/tabs.tsx"
import { NotesContext } from "../notes.tsx"
import { DatabasesSection } from "./databases-section.tsx"
import { FailoverSection } from "./failover-section.tsx"
import { HbaSection } from "./hba-section.tsx"
import { ParametersSection } from "./parameters-section.tsx"
import { countByTab, type ProfileTab } from "./problems.ts"
import { RecoverySection } from "./recovery-section.tsx"
import { GeneralSection, ResourcesSection, type SectionProps, VolumesSection } from "./sections.tsx"
import type { ProfileForm } from "./use-profile-form.ts"

type Props = {
  readonly editor: ProfileForm
  readonly isNew: boolean
  readonly onSave: () => void
  /** What saving says and asks, and its buttons. */
  readonly children: ReactNode
}

export function ProfileEditor({ editor, isNew, onSave, children }: Props) {
  const { form } = editor
  const { control } = form
  const mistakes = countByTab(editor.notes.problems)
  const warnings = countByTab(editor.notes.warnings)
  /** Kept as long as the form is: a key that is pressed renders the fields that it changes. */
  const sections = useMemo((): readonly (readonly [ProfileTab, string, ReactNode])[] => {
    const of = (Section: (props: SectionProps) => ReactNode) => <Section control={control} />
    return [
      ["general", "General", <GeneralSection key="" form={form} isNew={isNew} />],
      ["volumes", "Volumes", of(VolumesSection)],
      ["resources", "Resources", of(ResourcesSection)],
      ["parameters", "PostgreSQL", of(ParametersSection)],
      ["hba", "HBA rules", of(HbaSection)],
      ["databases", "Databases", of(DatabasesSection)],
      ["failover", "Failover", of(FailoverSection)],
      ["recovery", "Recovery", of(RecoverySection)],
    ]
  }, [control, form, isNew])
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (editor.attempt()) onSave()
      }}
    >
      <NotesContext value={editor.notes}>
        <Panel>
          <Tabs
            label="Parts of the profile"
            selected={editor.tab}
            onSelect={editor.openTab}
            tabs={sections.map(([id, name, section]) => ({
              id,
              name,
              children: (
                <>
                  <General editor={editor} tab={id} />
                  {section}
                </>
              ),
              mistakes: mistakes.get(id) ?? 0,
              warnings: warnings.get(id) ?? 0,
            }))}
          />
        </Panel>
      </NotesContext>
      {editor.checkFailed ? (
        <Notice tone="warn" className="mt-3">
          Central could not be asked whether the profile is plausible. What is typed stays here.
        </Notice>
      ) : null}
      {children}
    </form>
  )
}

/** Remarks about a tab as a whole, which no field shows. */
function General({ editor, tab }: { readonly editor: ProfileForm; readonly tab: ProfileTab }) {
  const whole = tab === "parameters" || tab === "hba" || tab === "databases" ? tab : undefined
  const problem = whole === undefined ? undefined : editor.notes.problems.get(whole)
  return problem === undefined ? null : (
    <Notice tone="bad" className="mb-4">
      {problem}
    </Notice>
  )
}
