/** Parts of one page behind tabs. A tab may carry a mark that something in it needs a look. */
import type { ReactNode } from "react"
import { Tab, TabList, TabPanel, Tabs as AriaTabs } from "react-aria-components"
import { classNames } from "./class-names.ts"

export type TabSpec = {
  readonly id: string
  readonly name: string
  /** Number of mistakes inside; zero shows nothing. */
  readonly mistakes?: number
  /** Number of things inside that work and are unlikely to be meant; shown where there is no mistake. */
  readonly warnings?: number
  readonly children: ReactNode
}

type Props = {
  readonly label: string
  readonly tabs: readonly TabSpec[]
  readonly selected: string
  readonly onSelect: (id: string) => void
  /** What stands in the tabs brings its own room around it. */
  readonly bare?: boolean
}

export const Tabs = ({ label, tabs, selected, onSelect, bare }: Props) => (
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
          {tab.name} <Mark count={tab.mistakes} words="to correct" look="bg-bad-soft text-bad" />
          {(tab.mistakes ?? 0) > 0 ? null : (
            <Mark count={tab.warnings} words="to look at" look="bg-warn-soft text-warn" />
          )}
        </Tab>
      ))}
    </TabList>
    {tabs.map((tab) => (
      <TabPanel
        key={tab.id}
        id={tab.id}
        className={classNames("outline-offset-[-2px]", bare !== true && "p-4")}
      >
        {tab.children}
      </TabPanel>
    ))}
  </AriaTabs>
)

type MarkProps = {
  readonly count: number | undefined
  readonly words: string
  readonly look: string
}

const Mark = ({ count = 0, words, look }: MarkProps) =>
  count === 0 ? null : (
    <span className={classNames("tnum rounded-full px-1.5 text-xs font-medium", look)}>
      {count}
      <span className="sr-only"> {words}</span>
    </span>
  )
