/** What is to be said at the fields of a form: problems that hold it back, warnings that do not. */
import { createContext, use } from "react"

type NotesByField = ReadonlyMap<string, string>

export type FormNotes = { readonly problems: NotesByField; readonly warnings: NotesByField }

export const NotesContext = createContext<FormNotes>({ problems: new Map(), warnings: new Map() })

export const useNotes = (field: string) => {
  const { problems, warnings } = use(NotesContext)
  return { error: problems.get(field), warning: warnings.get(field) }
}
