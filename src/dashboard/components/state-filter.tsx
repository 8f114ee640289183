/** Which state the rows of a list should have, or any. */
import { total } from "../domain/counts.ts"
import { Segments } from "../ui/segments.tsx"

type Props<S extends string> = {
  readonly states: readonly S[]
  readonly look: (state: S) => { readonly word: string }
  /** How many there are of each, where that is known. */
  readonly counts?: Readonly<Record<S, number>> | undefined
  readonly value: S | undefined
  readonly onChange: (state: S | undefined) => void
}

export const StateFilter = <S extends string>({
  states,
  look,
  counts,
  value,
  onChange,
}: Props<S>) => (
  <Segments
    label="State"
    choices={[
      { value: "all", name: "All", count: counts === undefined ? undefined : total(counts) },
      ...states.map((state) => ({ value: state, name: look(state).word, count: counts?.[state] })),
    ]}
    value={value ?? "all"}
    onChange={(state) => onChange(state === "all" ? undefined : state)}
  />
)
