/** The last things that people asked to be done to a cluster. */
import type { Operation } from "#wire/rest/operations.ts"
import { operationKind, operationLook, presentStep, stepWords } from "../domain/operations.ts"
import { When } from "../ui/age.tsx"
import { ToneWord } from "../ui/badge.tsx"
import { LoadFailed } from "./load-failed.tsx"
import { Panel } from "../ui/panel.tsx"
import { LoadingRows } from "../ui/states.tsx"

const shown = 5

type Props = {
  readonly operations: readonly Operation[] | undefined
  readonly error: Error | null
  readonly retry: () => Promise<unknown>
  readonly retrying: boolean
}

export const OperationList = ({ operations, error, retry, retrying }: Props) => (
  <Panel title="Operations">
    {operations === undefined ? (
      error === null ? (
        <LoadingRows what="operations" rows={2} />
      ) : (
        <LoadFailed what="The operations" error={error} retry={retry} retrying={retrying} />
      )
    ) : operations.length === 0 ? (
      <p className="px-4 py-5 text-sm text-ink-2">Nobody has asked for anything yet.</p>
    ) : (
      <ol aria-label="Operations" className="divide-y divide-line">
        {operations.slice(0, shown).map((operation) => (
          <OperationRow key={operation.id} operation={operation} />
        ))}
      </ol>
    )}
  </Panel>
)

function OperationRow({ operation }: { readonly operation: Operation }) {
  const { word, tone, meaning } = operationLook(operation.state)
  const step = operation.state === "succeeded" ? undefined : presentStep(operation)
  return (
    <li className="px-4 py-2.5 text-sm">
      <p className="flex items-baseline justify-between gap-3">
        <span className="min-w-0 break-words">
          {operationKind(operation.kind)}
          {operation.target === null ? null : (
            <>
              {operation.kind === "promote" ? " of " : " to "}
              <span className="font-mono text-xs font-medium">{operation.target}</span>
            </>
          )}
        </span>
        <ToneWord tone={tone} title={meaning}>
          {word}
        </ToneWord>
      </p>
      {operation.error === null ? null : (
        <p className="mt-0.5 text-xs break-words text-bad">
          {step === undefined ? "" : `${stepWords(step.name).word}: `}
          {operation.error}
        </p>
      )}
      <p className="mt-0.5 flex flex-wrap gap-x-2 text-xs text-ink-3">
        <When at={operation.createdAt} />
        <span>by {operation.actor}</span>
      </p>
    </li>
  )
}
