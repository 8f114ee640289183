/** An operation as a row: what, where, how far, who asked, and the way to stop it while that is safe. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { createColumnHelper } from "@tanstack/react-table"
import type { Operation } from "#wire/rest/operations.ts"
import { call } from "../api/client.ts"
import { CallFailed, sentence } from "../api/failure.ts"
import { keys } from "../api/queries.ts"
import {
  mayCancel,
  operationKind,
  operationLook,
  presentStep,
  stepTone,
  stepWords,
} from "../domain/operations.ts"
import { When } from "../ui/age.tsx"
import { ToneWord } from "../ui/badge.tsx"
import { Button } from "../ui/button.tsx"
import { classNames } from "../ui/class-names.ts"
import type { Columns, Features } from "../ui/table.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { complain } from "../ui/toast.tsx"
import { fillTone } from "../ui/tone.ts"
import { Only } from "./only.tsx"

const column = createColumnHelper<Features, Operation>()

export const operationColumns: Columns<Operation> = column.columns([
  column.display({
    id: "what",
    header: "Operation",
    meta: { names: true },
    cell: ({ row: { original: operation } }) => (
      <span className="flex min-w-0 flex-col">
        <span className="font-medium">{operationKind(operation.kind)}</span>
        {operation.target === null ? null : (
          <span className="font-mono wrap-anywhere text-xs text-ink-3">
            {operation.kind === "promote" ? "of" : "to"} {operation.target}
          </span>
        )}
        {operation.toVersion === null ? null : (
          <Versions operation={operation} to={operation.toVersion} />
        )}
      </span>
    ),
  }),
  column.display({
    id: "cluster",
    header: "Cluster",
    meta: { width: "min-w-36" },
    cell: ({ row: { original: operation } }) => (
      <span className="flex min-w-0 flex-col wrap-anywhere">
        <TextLink to="/clusters/$id" params={{ id: operation.clusterId }}>
          {operation.clusterName}
        </TextLink>
        <span className="text-xs text-ink-3">{operation.namespace}</span>
      </span>
    ),
  }),
  column.display({
    id: "state",
    header: "State",
    meta: { corner: true },
    cell: ({ row: { original: operation } }) => {
      const { word, tone, meaning } = operationLook(operation.state)
      return (
        <ToneWord tone={tone} title={meaning}>
          {word}
        </ToneWord>
      )
    },
  }),
  column.display({
    id: "steps",
    header: "Steps",
    cell: ({ row: { original: operation } }) => <Steps operation={operation} />,
  }),
  column.display({
    id: "actor",
    header: "Asked by",
    cell: ({ row: { original: operation } }) => <span>{operation.actor}</span>,
  }),
  column.display({
    id: "asked",
    header: "Asked",
    cell: ({ row: { original: operation } }) => <When at={operation.createdAt} />,
  }),
  column.display({
    id: "actions",
    header: "",
    meta: { align: "end", line: true },
    cell: ({ row: { original: operation } }) =>
      mayCancel(operation) ? (
        <Only who="cancelOperation">
          <Cancel operation={operation} />
        </Only>
      ) : null,
  }),
])

type VersionsProps = { readonly operation: Operation; readonly to: number }

function Versions({ operation: { rolloutId, fromVersion }, to }: VersionsProps) {
  const text = `${fromVersion === null ? "" : `from ${fromVersion} `}to version ${to}`
  if (rolloutId === null) return <span className="text-xs text-ink-3">{text}</span>
  return (
    <TextLink to="/rollouts/$id" params={{ id: rolloutId }} className="text-xs">
      {text}
    </TextLink>
  )
}

function Steps({ operation }: { readonly operation: Operation }) {
  const present = presentStep(operation)
  const done = operation.steps.filter(({ state }) => state === "done").length
  return (
    <span className="flex min-w-0 flex-col gap-1">
      <span aria-hidden className="flex gap-0.5">
        {operation.steps.map((step) => (
          <span
            key={step.name}
            title={stepWords(step.name).word}
            className={classNames("h-1.5 w-4 rounded-full", fillTone[stepTone(step)])}
          />
        ))}
      </span>
      <span className="text-xs break-words text-ink-2">
        {operation.error ??
          (present === undefined
            ? `${done} of ${operation.steps.length} done`
            : `${stepWords(present.name).word}${present.detail === "" ? "" : `: ${present.detail}`}`)}
      </span>
    </span>
  )
}

function Cancel({ operation }: { readonly operation: Operation }) {
  const client = useQueryClient()
  const cancel = useMutation({
    mutationFn: () => call("cancelOperation", { params: { id: operation.id } }),
    onError: (error) =>
      complain(
        error instanceof CallFailed ? sentence(error.failure) : "It could not be cancelled.",
      ),
    onSettled: () => client.invalidateQueries({ queryKey: keys.allOperations }),
  })
  return (
    <Button
      small
      isPending={cancel.isPending}
      onPress={() => cancel.mutate()}
      aria-label={`Cancel the ${operationKind(operation.kind).toLowerCase()}`}
    >
      {cancel.isPending ? "Cancelling…" : "Cancel"}
    </Button>
  )
}
