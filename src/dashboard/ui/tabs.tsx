/** Parts of one page behind tabs. A tab may carry a mark that something in it needs a look. */
import type { ReactNode } from "react"
import { Tab, TabList, TabPanel, Tabs as AriaTabs } from "react-aria-components"
import { classNames } from "./class-names.ts"

export type TabSpec = {
  readonly id: string
  readonly name: string
  /** Number of mistakes inside; zero shows nothing. */
  readonly mistakes?: number
  readonly children: ReactNode
}

type Props = {
  readonly label: string
  readonly tabs: readonly TabSpec[]
  readonly selected: string
  readonly onSelect: (id: string) => void
}

export const Tabs = ({ label, tabs, selected, onSelect }: Props) => (
  <AriaTabs selectedKey={selected} onSelectionChange={(key) => onSelect(String(key))}>
    <TabList aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line px-3">
      {tabs.map((tab) => (
        <Tab
          key={tab.id}
          id={tab.id}
          className={classNames(
            "-mb-px flex h-10 shrink-0 items-center gap-1.5 border-b-2 border-transparent px-2 text-sm text-ink-2 outline-offset-[-2px] hover:text-ink",
            "selected:border-accent selected:font-medium selected:text-ink",
          )}
        >
          {tab.name}
          {tab.mistakes === undefined || tab.mistakes === 0 ? null : (
            <span className="tnum rounded-full bg-bad-soft px-1.5 text-xs font-medium text-bad">
              {tab.mistakes}
              <span className="sr-only"> to correct</span>
            </span>
          )}
        </Tab>
      ))}
    </TabList>
    {tabs.map((tab) => (
      <TabPanel
        key={tab.id}
        id={tab.id}
        shouldForceMount
        className="p-4 outline-offset-[-2px] data-[inert]:hidden"
      >
        {tab.children}
      </TabPanel>
    ))}
  </AriaTabs>
)
