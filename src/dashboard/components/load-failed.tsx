/** A question to central that failed, in words, with a way to ask again. */
import { CallFailed, requestIdOf, sentence } from "../api/failure.ts"
import { Notice } from "../ui/notice.tsx"
import { Failed, RequestId } from "../ui/states.tsx"

type Props = {
  readonly what: string
  readonly error: Error
  readonly retry: () => unknown
  readonly retrying: boolean
}

export const LoadFailed = ({ what, error, retry, retrying }: Props) => (
  <Failed
    what={what}
    why={wordsOf(error)}
    requestId={error instanceof CallFailed ? requestIdOf(error.failure) : undefined}
    away={error instanceof CallFailed && error.failure.kind === "away"}
    onRetry={() => void retry()}
    retrying={retrying}
  />
)

/** A deed that was refused or failed, inside the dialog or form that asked for it. */
export function DeedFailed({ error }: { readonly error: Error | null }) {
  if (error === null) return null
  const failure = error instanceof CallFailed ? error.failure : undefined
  const problems = failure?.kind === "refused" ? (failure.problem.problems ?? []) : []
  const id = failure === undefined ? undefined : requestIdOf(failure)
  return (
    <Notice tone="bad" alert>
      <p>{wordsOf(error)}</p>
      {problems.length === 0 ? null : (
        <ul className="mt-1 list-disc pl-4">
          {problems.map(({ field, problem }) => (
            <li key={`${field} ${problem}`}>
              <code className="font-mono text-xs">{field}</code>: {problem}
            </li>
          ))}
        </ul>
      )}
      {id === undefined ? null : <RequestId id={id} />}
    </Notice>
  )
}

const wordsOf = (error: Error): string =>
  error instanceof CallFailed
    ? sentence(error.failure)
    : "The page made a mistake. Reload it, please."
