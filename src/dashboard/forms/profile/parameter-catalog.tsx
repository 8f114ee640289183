/** Every parameter that a profile may set, by PostgreSQL's own groups, or found by a search. */
import { Check, Plus } from "lucide-react"
import { memo, useDeferredValue, useState } from "react"
import type { ShownParameter } from "#wire/rest/parameters.ts"
import type { ParameterTable } from "../../api/intent-queries.ts"
import { byCategory, orderLook, rangeText, searchParameters } from "../../domain/parameters.ts"
import { ToneWord } from "../../ui/badge.tsx"
import { Button } from "../../ui/button.tsx"
import { Disclosure } from "../../ui/disclosure.tsx"
import { SearchField } from "../../ui/field.tsx"
import { countText } from "../../ui/format.ts"
import type { Standard } from "./parameter-row.tsx"

type Props = {
  readonly table: ParameterTable
  readonly isSet: (name: string) => boolean
  readonly standardOf: (name: string) => Standard | undefined
  readonly onAdd: (name: string) => void
}

/** A search that finds more shows the best of them; the rest is a longer word away. */
const mostFound = 40

export const ParameterCatalog = memo(function ParameterCatalog(props: Props) {
  const [typed, setTyped] = useState("")
  const search = useDeferredValue(typed.trim())
  const found = search === "" ? [] : searchParameters(props.table.values(), search)
  return (
    <div className="flex flex-col gap-2">
      <SearchField
        label="Search the parameters"
        placeholder="Name or what it does, e.g. checkpoint"
        value={typed}
        onChange={setTyped}
        className="max-w-md"
      />
      {search === "" ? (
        <div className="divide-y divide-line rounded-md border border-line">
          {byCategory(props.table.values()).map(({ category, parameters }) => (
            <Disclosure
              key={category}
              className="px-3"
              title={category}
              aside={<GroupCount {...props} parameters={parameters} />}
            >
              <Entries {...props} parameters={parameters} />
            </Disclosure>
          ))}
        </div>
      ) : (
        <div className="rounded-md border border-line px-3">
          <p role="status" className="py-2 text-sm text-ink-2">
            {found.length === 0
              ? `No parameter of this version has to do with “${search}”.`
              : found.length > mostFound
                ? `${found.length} parameters; the first ${mostFound} are shown.`
                : `${countText(found.length, "parameter")}.`}
          </p>
          <Entries {...props} parameters={found.slice(0, mostFound)} />
        </div>
      )}
    </div>
  )
})

type GroupProps = Props & { readonly parameters: readonly ShownParameter[] }

function GroupCount({ parameters, isSet }: GroupProps) {
  const set = parameters.filter(({ name }) => isSet(name)).length
  return (
    <span className="tnum shrink-0 text-xs font-normal text-ink-3">
      {set === 0 ? null : <span className="mr-2 font-medium text-accent">{set} set</span>}
      {parameters.length}
    </span>
  )
}

const Entries = ({ parameters, isSet, standardOf, onAdd }: GroupProps) => (
  <ul className="divide-y divide-line border-t border-line empty:hidden">
    {parameters.map((parameter) => (
      <Entry
        key={parameter.name}
        parameter={parameter}
        isSet={isSet(parameter.name)}
        standard={standardOf(parameter.name)}
        onAdd={() => onAdd(parameter.name)}
      />
    ))}
  </ul>
)

type EntryProps = {
  readonly parameter: ShownParameter
  readonly isSet: boolean
  readonly standard: Standard | undefined
  readonly onAdd: () => void
}

function Entry({ parameter, isSet, standard, onAdd }: EntryProps) {
  const order = orderLook(parameter)
  return (
    <li className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1 py-2 pl-1">
      <div className="min-w-0 flex-1 basis-72">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <code className="font-mono text-sm font-medium break-all">{parameter.name}</code>
          <span className="text-xs">
            <ToneWord tone={order.tone} title={order.meaning}>
              {order.word}
            </ToneWord>
          </span>
        </p>
        <p className="text-sm text-ink-2">{parameter.about}</p>
        <p className="text-xs break-words text-ink-3">
          {rangeText(parameter)}.{" "}
          {standard === undefined || standard.value === "" ? null : (
            <>
              Is <code className="font-mono">{standard.value}</code> by {standard.whose} otherwise.
            </>
          )}
        </p>
      </div>
      {isSet ? (
        <span className="inline-flex h-7 items-center gap-1 text-sm text-ink-3">
          <Check aria-hidden className="size-3.5" />
          set above
        </span>
      ) : (
        <Button small onPress={onAdd} aria-label={`Set ${parameter.name}`}>
          <Plus aria-hidden className="size-3.5" />
          Set
        </Button>
      )}
    </li>
  )
}
