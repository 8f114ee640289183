/** How much is to be corrected, and the way to the first of it. */
import { Button } from "../../ui/button.tsx"
import { countText } from "../../ui/format.ts"
import { type Notes, tabOf } from "./problems.ts"

type Props = { readonly notes: Notes; readonly onShow: (tab: string) => void }

export function ToCorrect({ notes, onShow }: Props) {
  const [first] = notes.keys()
  if (first === undefined) return null
  return (
    <p role="status" className="mr-auto flex items-center gap-2 text-sm font-medium text-bad">
      {countText(notes.size, "thing is", "things are")} to be corrected.
      <Button small onPress={() => onShow(tabOf(first))}>
        Show
      </Button>
    </p>
  )
}
