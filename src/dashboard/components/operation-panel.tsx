/** An operation as it goes: its steps, the point of no return, and how it ended. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import {
  Check,
  CircleDashed,
  LoaderCircle,
  type LucideIcon,
  Minus,
  TriangleAlert,
  X,
} from "lucide-react"
import { Fragment } from "react"
import { isOver, type StepState } from "#core/switchover/operation.ts"
import type { Operation, OperationStep } from "#wire/rest/operations.ts"
import type { RoleChange } from "#wire/rest/role-changes.ts"
import { call } from "../api/client.ts"
import { applyLive, createRefetch } from "../api/live-cache.ts"
import {
  changeOf,
  gapOf,
  mayCancel,
  operationLook,
  operationTitle,
  standingText,
  stepTone,
  stepTook,
  stepWords,
} from "../domain/operations.ts"
import { lossOf } from "../domain/role-changes.ts"
import { When } from "../ui/age.tsx"
import { Badge } from "../ui/badge.tsx"
import { Button, IconButton } from "../ui/button.tsx"
import { classNames } from "../ui/class-names.ts"
import { millisText } from "../ui/format.ts"
import { Notice } from "../ui/notice.tsx"
import { softTone } from "../ui/tone.ts"
import { DeedFailed } from "./load-failed.tsx"
import { Only } from "./only.tsx"

type Props = {
  readonly operation: Operation
  readonly changes: readonly RoleChange[]
  readonly onDismiss: () => void
}

export function OperationPanel({ operation, changes, onDismiss }: Props) {
  const client = useQueryClient()
  const cancel = useMutation({
    mutationFn: () => call("cancelOperation", { params: { id: operation.id } }),
    onSuccess: (stopped) =>
      applyLive(client, createRefetch(client), { kind: "operation", operation: stopped }),
  })
  const { word, tone, meaning } = operationLook(operation.state)
  const title = operationTitle(operation)
  return (
    <section aria-label={title} className="surface min-w-0 shadow-raised">
      <header className="flex min-h-11 flex-wrap items-center justify-between gap-x-3 gap-y-1 border-b border-line px-4 py-1.5">
        <h2 className="flex flex-wrap items-center gap-2.5 text-base font-semibold">
          {title}
          <Badge tone={tone} title={meaning}>
            {word}
          </Badge>
        </h2>
        <span className="flex items-center gap-3 text-sm text-ink-3">
          <span>
            asked by <span className="text-ink-2">{operation.actor}</span>
          </span>
          {isOver(operation.state) ? (
            <IconButton label="Dismiss" className="-mr-2" onPress={onDismiss}>
              <X aria-hidden className="size-4" />
            </IconButton>
          ) : (
            <Only who="cancelOperation">
              <Button
                small
                isDisabled={!mayCancel(operation)}
                isPending={cancel.isPending || cancel.isSuccess}
                onPress={() => cancel.mutate()}
              >
                {cancel.isPending || cancel.isSuccess ? "Cancelling…" : "Cancel"}
              </Button>
            </Only>
          )}
        </span>
      </header>
      <p role="status" className="sr-only">
        {standingText(operation)}
      </p>
      <Steps operation={operation} />
      <div className="flex flex-col gap-2 px-4 pb-4 empty:hidden">
        <DeedFailed error={cancel.error} />
        {operation.kind === "switchover" ? (
          <Ending operation={operation} change={changeOf(operation, changes)} />
        ) : (
          <CommandEnding operation={operation} />
        )}
      </div>
    </section>
  )
}

const signs: Readonly<Record<StepState, LucideIcon>> = {
  pending: CircleDashed,
  running: LoaderCircle,
  done: Check,
  failed: TriangleAlert,
  skipped: Minus,
}

const Steps = ({ operation }: { readonly operation: Operation }) => (
  <ol
    aria-label="Steps"
    className="grid grid-cols-1 gap-y-1 p-4 @container sm:grid-cols-[repeat(6,minmax(0,1fr))_auto_repeat(2,minmax(0,1fr))] sm:gap-y-0"
  >
    {operation.steps.map((step) => (
      <Fragment key={step.name}>
        {operation.kind === "switchover" && step.name === "promote" ? (
          <NoReturn at={operation.pointOfNoReturnAt} />
        ) : null}
        <Step step={step} last={step === operation.steps.at(-1)} />
      </Fragment>
    ))}
  </ol>
)

function Step({ step, last }: { readonly step: OperationStep; readonly last: boolean }) {
  const { word, meaning } = stepWords(step.name)
  const Sign = signs[step.state]
  const took = stepTook(step)
  const quiet = step.state === "pending" || step.state === "skipped"
  return (
    <li
      aria-current={step.state === "running" ? "step" : undefined}
      className="flex min-w-0 gap-2.5 sm:flex-col sm:gap-1.5 sm:pr-3"
      title={meaning}
    >
      <span className="flex items-center gap-2 sm:w-full">
        <span
          className={classNames(
            "grid size-6 shrink-0 place-items-center rounded-full",
            softTone[stepTone(step)],
          )}
        >
          <Sign
            aria-hidden
            className={classNames("size-3.5", step.state === "running" && "animate-spin-slow")}
            strokeWidth={2.25}
          />
          <span className="sr-only">{step.state}:</span>
        </span>
        <span
          aria-hidden
          className={classNames(
            "h-px flex-1",
            last ? "hidden" : "hidden sm:block",
            step.state === "done" ? "bg-good-fill" : "bg-line-strong",
          )}
        />
      </span>
      <span className="min-w-0 text-sm leading-6 sm:leading-5">
        <span className={classNames(quiet ? "text-ink-3" : "font-medium")}>{word}</span>
        {took === undefined ? null : (
          <span className="tnum ml-2 text-xs text-ink-3 sm:ml-0 sm:block">{millisText(took)}</span>
        )}
        {step.detail === "" ? null : (
          <span className="block text-xs break-words text-ink-3">{step.detail}</span>
        )}
      </span>
    </li>
  )
}

/** Stands between the steps: before it all can be undone, after it nothing is. */
const NoReturn = ({ at }: { readonly at: string | null }) => (
  <li
    className="my-1 flex items-center gap-2 text-xs text-ink-3 sm:my-0 sm:w-20 sm:flex-col sm:items-start sm:gap-1 sm:border-l-2 sm:border-dashed sm:border-control sm:pr-3 sm:pl-2"
    title="Until here it can be cancelled; from here the old primary has given the role away."
  >
    <span aria-hidden className="h-0 flex-1 border-t-2 border-dashed border-control sm:hidden" />
    <span>point of no return</span>
    {at === null ? null : (
      <span className="tnum font-medium text-ink-2">
        <span className="sr-only">passed at </span>
        <When at={at} />
      </span>
    )}
    <span aria-hidden className="h-0 flex-1 border-t-2 border-dashed border-control sm:hidden" />
  </li>
)

/** Reasons come as parts of sentences. */
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)

const commandEnds: Readonly<Record<Exclude<Operation["kind"], "switchover">, string>> = {
  change: "The version is in force.",
  restart: "Every member started anew.",
  delete: "Nothing of the cluster is left at its site.",
  fence: "No client is let in, and none is left. It ends by itself after ten minutes.",
  unfence: "Clients are let in.",
  promote: "The member is primary.",
}

/** What was asked of one member ends with that member's own words. */
function CommandEnding({ operation }: { readonly operation: Operation }) {
  const { kind, state } = operation
  if (kind === "switchover" || state === "running") return null
  switch (state) {
    case "pending":
      return (
        <Notice tone="quiet">
          {kind === "delete"
            ? "The site has not been told. Until then it can be cancelled, and the cluster stays."
            : "The site has been asked; it begins in a moment."}
        </Notice>
      )
    case "succeeded":
      return <Notice tone="good">{commandEnds[kind]}</Notice>
    case "cancelled":
      return (
        <Notice tone="quiet">
          {kind === "delete"
            ? "It was cancelled before the site was told. The cluster stays."
            : "It was cancelled in time. Nothing was asked."}
        </Notice>
      )
    case "failed":
      return <Notice tone="bad">{sentence(operation.error ?? "No reason was told")}</Notice>
  }
}

type EndingProps = { readonly operation: Operation; readonly change: RoleChange | undefined }

function Ending({ operation, change }: EndingProps) {
  switch (operation.state) {
    case "pending":
      return <Notice tone="quiet">The site has been asked; it begins in a moment.</Notice>
    case "running":
      return operation.pointOfNoReturnAt === null ? null : (
        <Notice tone="quiet">
          The old primary has given the role away. It can not be cancelled any more.
        </Notice>
      )
    case "failed":
      return (
        <Notice tone="bad">
          {sentence(operation.error ?? "No reason was told")}
          {operation.pointOfNoReturnAt === null
            ? " The old primary goes on."
            : " The members settle it among themselves; the cluster's state above says who leads."}
        </Notice>
      )
    case "cancelled":
      return <Notice tone="quiet">It was cancelled in time. The old primary goes on.</Notice>
    case "succeeded": {
      const who = operation.target ?? change?.to ?? "The new primary"
      const gap = gapOf(operation) ?? change?.totalMs ?? undefined
      const loss = change === undefined ? undefined : lossOf(change)
      return (
        <Notice tone="good">
          <span className="font-medium">{who} is primary</span>
          {change === undefined ? "." : ` in term ${change.term}.`}
          {gap === undefined ? null : ` Writes were away for about ${millisText(gap)}.`}
          {loss?.tone === "quiet" ? " Nothing was lost." : null}
        </Notice>
      )
    }
  }
}
