/** The state of the profile editor: what is typed, what is wrong or unlikely about it, and which tab is open. */
import { keepPreviousData, useQuery } from "@tanstack/react-query"
import { useMemo, useState } from "react"
import { get, useForm } from "react-hook-form"
import * as z from "zod"
import { profileSpecSchema } from "#wire/rest/profiles.ts"
import { profileCheckQuery } from "../../api/intent-queries.ts"
import { useDebounced } from "../../ui/debounce.ts"
import type { FormNotes } from "../notes.tsx"
import { fieldOf, notesOf, type Notes, profileProblems, tabOf } from "./problems.ts"
import { bodyOf, type ProfileValues } from "./values.ts"

const typingPause = 400

export function useProfileForm(begin: ProfileValues) {
  const [tab, openTab] = useState("general")
  const [tried, setTried] = useState(false)
  /** What central said to the last try to save, of values that were these. */
  const [refused, setRefused] = useState<{ readonly body: string; readonly notes: Notes }>()
  const form = useForm<ProfileValues>({ defaultValues: begin, shouldFocusError: false })
  const values = form.watch()
  const body = bodyOf(values)
  const found = profileProblems(values)
  const spec = profileSpecSchema.safeParse(body.spec)
  const specText = JSON.stringify(spec.data ?? null)
  const settled = useDebounced(specText, typingPause)
  const check = useQuery({
    ...profileCheckQuery(profileSpecSchema.safeParse(JSON.parse(settled)).data),
    placeholderData: keepPreviousData,
  })
  const remarks = (kind: "problems" | "warnings"): Notes =>
    notesOf(
      (check.data?.[kind] ?? []).map(({ field, problem }) => ({
        field: fieldOf(field, values),
        problem,
      })),
    )
  const said = refused?.body === JSON.stringify(body) ? refused.notes : new Map<string, string>()
  /** What central refused of an earlier state of the spec holds nothing back. */
  const isPresent = settled === specText && !check.isPlaceholderData
  const refusals: Notes = isPresent ? remarks("problems") : new Map<string, string>()
  const problems: Notes = new Map([...refusals, ...said, ...found])
  /** A field that nobody has touched yet is not scolded before the first try to save. */
  const isTouched = (field: string): boolean =>
    JSON.stringify(get(values, field)) !== JSON.stringify(get(begin, field))
  const shown = new Map([...problems].filter(([field]) => tried || isTouched(field)))
  const notes = useSameNotes(shown, remarks("warnings"))
  return {
    form,
    values,
    body,
    /** Undefined while what is typed is not a spec at all. */
    spec: spec.data,
    problems,
    notes,
    /** Central could not be asked: what it alone knows is not known. */
    checkFailed: check.isError,
    tab,
    openTab,
    /** Shows every problem from now on, and the tab of the first. False where there is one. */
    attempt: (): boolean => {
      setTried(true)
      const [first] = problems.keys()
      if (first === undefined) return true
      openTab(tabOf(first))
      return false
    },
    /** Puts what central refused at its fields, until something is typed. */
    refuse: (remarked: readonly { readonly field: string; readonly problem: string }[]): void => {
      const notes = notesOf(
        remarked.map(({ field, problem }) => ({ field: fieldOf(field, values), problem })),
      )
      setRefused({ body: JSON.stringify(body), notes })
      const [first] = notes.keys()
      if (first !== undefined) openTab(tabOf(first))
    },
  }
}

/** The same object as long as it says the same: every field listens to it. */
function useSameNotes(problems: Notes, warnings: Notes): FormNotes {
  const words = JSON.stringify([...problems])
  const more = JSON.stringify([...warnings])
  return useMemo(() => ({ problems: notesIn(words), warnings: notesIn(more) }), [words, more])
}

const entriesSchema = z.array(z.tuple([z.string(), z.string()]))
const notesIn = (text: string): Notes => new Map(entriesSchema.parse(JSON.parse(text)))

export type ProfileForm = ReturnType<typeof useProfileForm>
