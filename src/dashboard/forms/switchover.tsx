/** Handing the primary's role to another member: who, and what it costs. One press confirms. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { Label, Radio, RadioGroup } from "react-aria-components"
import type { Cluster } from "#wire/rest/clusters.ts"
import { call } from "../api/client.ts"
import { applyLive, createRefetch } from "../api/live-cache.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { type Candidate, candidatesOf } from "../domain/candidates.ts"
import type { Expected } from "../domain/operations.ts"
import { labelClass } from "../ui/field.tsx"
import { bytesText, countText, millisText } from "../ui/format.ts"
import { Notice } from "../ui/notice.tsx"
import { FormDialog } from "./form-dialog.tsx"

type Props = {
  readonly cluster: Cluster
  readonly expected: Expected | undefined
  readonly onClose: () => void
}

export function Switchover({ cluster, expected, onClose }: Props) {
  const client = useQueryClient()
  const candidates = candidatesOf(cluster)
  const [chosen, setChosen] = useState<string>()
  // What was chosen may have become unfit while the dialog is open.
  const fit = candidates.filter(({ unfit }) => unfit === undefined)
  const to = fit.find(({ pod }) => pod === chosen) ?? fit[0]
  const begin = useMutation({
    mutationFn: (pod: string) =>
      call("startSwitchover", { params: { id: cluster.id }, body: { to: pod } }),
    onSuccess: (operation) => {
      applyLive(client, createRefetch(client), { kind: "operation", operation })
      onClose()
    },
  })
  return (
    <FormDialog
      title={`Switch ${cluster.name} over`}
      wide
      verb={`Switch over${to === undefined ? "" : ` to ${to.pod}`}`}
      verbing="Beginning…"
      ready={to !== undefined}
      leave="Not now"
      busy={begin.isPending}
      onSubmit={() => {
        if (to !== undefined) begin.mutate(to.pod)
      }}
      onClose={onClose}
    >
      <p className="text-sm text-ink-2">
        <span className="font-mono text-xs font-medium text-ink">{cluster.primary}</span> stops
        cleanly, and the member you choose becomes primary with everything that was committed.
      </p>
      <RadioGroup
        value={to?.pod ?? ""}
        onChange={setChosen}
        isDisabled={fit.length === 0}
        className="flex flex-col gap-1.5"
      >
        <Label className={labelClass}>New primary</Label>
        <div className="flex flex-col gap-2">
          {candidates.map((candidate) => (
            <CandidateCard key={candidate.pod} candidate={candidate} />
          ))}
        </div>
      </RadioGroup>
      {fit.length === 0 ? (
        <Notice tone="warn" alert>
          No member can take over now. The dialog follows the cluster: as soon as one has caught up,
          it can be chosen.
        </Notice>
      ) : (
        <Notice tone="warn">
          Clients are disconnected and can not write for a moment: {expectedText(expected)}
        </Notice>
      )}
      <DeedFailed error={begin.error} />
    </FormDialog>
  )
}

const expectedText = (expected: Expected | undefined): string =>
  expected === undefined
    ? "usually less than half a second. This cluster has not been switched over before."
    : `about ${millisText(expected.ms)}, as in ${
        expected.of === 1
          ? "the last switchover"
          : `the last ${countText(expected.of, "switchover")}`
      }.`

const CandidateCard = ({ candidate }: { readonly candidate: Candidate }) => (
  <Radio
    value={candidate.pod}
    isDisabled={candidate.unfit !== undefined}
    className="group flex cursor-pointer items-center gap-2.5 rounded-md border border-line-strong bg-raised px-3 py-2.5 text-sm hover:border-control disabled:cursor-not-allowed disabled:border-line disabled:bg-sunken selected:border-accent selected:bg-accent-soft"
  >
    <span
      aria-hidden
      className="size-4 shrink-0 rounded-full border border-control group-data-[disabled]:opacity-50 group-data-[selected]:border-5 group-data-[selected]:border-accent"
    />
    <span className="flex min-w-0 flex-1 flex-wrap items-baseline justify-between gap-x-3">
      <span className="font-mono text-xs font-medium">{candidate.pod}</span>
      {candidate.unfit === undefined ? (
        <span className="tnum text-xs text-ink-2">
          {candidate.synchronous ? "synchronous, " : ""}
          {candidate.lagBytes === null || candidate.lagBytes === 0
            ? "caught up"
            : `${bytesText(candidate.lagBytes)} behind`}
        </span>
      ) : (
        <span className="text-xs text-ink-2">{candidate.unfit}</span>
      )}
    </span>
  </Radio>
)
