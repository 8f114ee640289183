/**
 * A person's consent that a member becomes primary where a machine must not decide: which one, what is known to be
 * missing there, and, where commits may be lost, the cluster's name typed letter for letter.
 */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { Label, Radio, RadioGroup } from "react-aria-components"
import type { Cluster } from "#wire/rest/clusters.ts"
import { call } from "../api/client.ts"
import { applyLive, createRefetch } from "../api/live-cache.ts"
import { Because } from "../components/emergency.tsx"
import { DeedFailed } from "../components/load-failed.tsx"
import { type Asking, askingOf, lackText, mayLose, unheardOf } from "../domain/emergency.ts"
import { Button } from "../ui/button.tsx"
import { Dialog, DialogActions } from "../ui/dialog.tsx"
import { labelClass, TextField } from "../ui/field.tsx"
import { Notice } from "../ui/notice.tsx"

type Props = { readonly cluster: Cluster; readonly onClose: () => void }

export function Promote({ cluster, onClose }: Props) {
  const client = useQueryClient()
  const asking = askingOf(cluster)
  const [chosen, setChosen] = useState<string>()
  const [typed, setTyped] = useState("")
  // Who asks may change while the dialog is open.
  const first = asking.find(({ pod }) => pod === chosen) ?? asking[0]
  const unheard = unheardOf(cluster).join(", ")
  const lossy = first !== undefined && mayLose(first.question)
  const ready = first !== undefined && (!lossy || typed === cluster.name)
  const deed = useMutation({
    mutationFn: (to: string) =>
      call("promoteMember", {
        params: { id: cluster.id },
        body: { to, acceptLoss: lossy, ...(lossy ? { confirm: typed } : {}) },
      }),
    onSuccess: (operation) => {
      applyLive(client, createRefetch(client), { kind: "operation", operation })
      onClose()
    },
  })
  return (
    <Dialog
      title={`Promote a member of ${cluster.name}`}
      open
      onClose={onClose}
      busy={deed.isPending}
      wide
      alert
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          if (ready) deed.mutate(first.pod)
        }}
      >
        {first === undefined ? (
          <Notice tone="warn">
            No member waits for a person now: one is about to become primary, or they wait for each
            other, since a majority must be heard. The state of each is told on the page.
          </Notice>
        ) : (
          <>
            <div className="text-sm text-ink-2">
              <Because asking={first} />
            </div>
            <RadioGroup value={first.pod} onChange={setChosen} className="flex flex-col gap-1.5">
              <Label className={labelClass}>New primary</Label>
              <div className="flex flex-col gap-2">
                {asking.map((each, at) => (
                  <AskingCard key={each.pod} asking={each} most={at === 0 && asking.length > 1} />
                ))}
              </div>
            </RadioGroup>
            <Notice tone={lossy ? "bad" : "warn"}>
              {lossy
                ? `Commits that clients were told are safe may be lost for good, also those that members hold who are not heard now${unheard === "" ? "" : ` (${unheard})`}. If such a member can be brought back, wait for it.`
                : "The member becomes primary if no other has more WAL. The cluster stays paused."}
            </Notice>
          </>
        )}
        {lossy ? (
          <TextField
            label={`Type ${cluster.name} to accept the loss`}
            value={typed}
            onChange={setTyped}
            mono
          />
        ) : null}
        <DeedFailed error={deed.error} />
        <DialogActions>
          <Button onPress={onClose} isDisabled={deed.isPending}>
            {first === undefined ? "Close" : "Not now"}
          </Button>
          {first === undefined ? null : (
            <Button type="submit" kind="danger" isDisabled={!ready} isPending={deed.isPending}>
              {deed.isPending
                ? "Asking…"
                : `Promote ${first.pod}${lossy ? " and accept the loss" : ""}`}
            </Button>
          )}
        </DialogActions>
      </form>
    </Dialog>
  )
}

type CardProps = {
  readonly asking: Asking
  /** No other has more WAL. */
  readonly most: boolean
}

const AskingCard = ({ asking, most }: CardProps) => (
  <Radio
    value={asking.pod}
    className="group flex cursor-pointer items-center gap-2.5 rounded-md border border-line-strong bg-raised px-3 py-2.5 text-sm hover:border-control selected:border-accent selected:bg-accent-soft"
  >
    <span
      aria-hidden
      className="size-4 shrink-0 rounded-full border border-control group-data-[selected]:border-5 group-data-[selected]:border-accent"
    />
    <span className="flex min-w-0 flex-1 flex-wrap items-baseline justify-between gap-x-3">
      <span className="font-mono text-xs font-medium">{asking.pod}</span>
      <span className="text-xs text-ink-2">
        {lackText(asking.question)}
        {most ? <span className="ml-2 font-medium text-ink">most WAL</span> : null}
      </span>
    </span>
  </Radio>
)
