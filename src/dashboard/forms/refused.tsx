/**
 * What central refused of a form: in words on top of it, and each of its problems beside the field that it is about too.
 * The fields are called as those of the request.
 */
import { type ReactNode, useMemo } from "react"
import { CallFailed } from "../api/failure.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { NotesContext } from "./notes.tsx"

type Props = {
  readonly error: Error | null
  readonly children: ReactNode
}

const noWarnings: ReadonlyMap<string, string> = new Map()

export function Refused({ error, children }: Props) {
  const notes = useMemo(() => {
    const failure = error instanceof CallFailed ? error.failure : undefined
    const problems = failure?.kind === "refused" ? (failure.problem.problems ?? []) : []
    return {
      problems: new Map(
        problems.map(({ field, problem }) => [field.replace(/^body\./, ""), problem]),
      ),
      warnings: noWarnings,
    }
  }, [error])
  return (
    <NotesContext value={notes}>
      <DeedFailed error={error} />
      {children}
    </NotesContext>
  )
}
