/** What a person may do to a rollout now, each asked once more with its reason. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { CirclePause, CirclePlay, OctagonX, Undo2 } from "lucide-react"
import { type ReactNode, useState } from "react"
import { mayCommand } from "#core/rollout/commands.ts"
import type { Rollout } from "#wire/rest/rollouts.ts"
import { Only } from "../only.tsx"
import { call } from "../../api/client.ts"
import { keys } from "../../api/queries.ts"
import { Button } from "../../ui/button.tsx"
import { Dialog, DialogActions } from "../../ui/dialog.tsx"
import { TextField } from "../../ui/field.tsx"
import { say } from "../../ui/toast.tsx"
import { DeedFailed } from "../load-failed.tsx"

type Deed = "pause" | "resume" | "halt" | "roll-back" | "cancel" | "pass-gate"

type DeedWords = {
  readonly name: string
  readonly title: string
  readonly meaning: string
  readonly done: string
  /** The command takes a reason, which others read. */
  readonly asksWhy: boolean
}

const words: Readonly<Record<Deed, DeedWords>> = {
  pause: {
    name: "Pause",
    title: "Pause the rollout?",
    meaning: "No other cluster begins. What is under way comes to its end.",
    done: "The rollout is paused.",
    asksWhy: true,
  },
  resume: {
    name: "Resume",
    title: "Resume the rollout?",
    meaning: "It goes on. Clusters that failed until now are taken as they are.",
    done: "The rollout goes on.",
    asksWhy: false,
  },
  halt: {
    name: "Halt",
    title: "Halt the rollout?",
    meaning:
      "As if too many clusters had failed: nothing else begins, and what the plan says follows.",
    done: "The rollout is halted.",
    asksWhy: true,
  },
  "roll-back": {
    name: "Roll back",
    title: "Roll back what was changed?",
    meaning:
      "Each cluster that this rollout changed is given back the version it had. That may restart members again.",
    done: "The rollout is rolled back.",
    asksWhy: true,
  },
  cancel: {
    name: "End rollout",
    title: "End the rollout?",
    meaning: "Clusters that were changed stay so, the others are left alone.",
    done: "The rollout ends.",
    asksWhy: true,
  },
  "pass-gate": {
    name: "Pass the gate",
    title: "Let the next stage begin?",
    meaning: "Its clusters change from now on.",
    done: "The gate is passed.",
    asksWhy: false,
  },
}

const icons: Partial<Readonly<Record<Deed, ReactNode>>> = {
  pause: <CirclePause aria-hidden className="size-3.5" />,
  resume: <CirclePlay aria-hidden className="size-3.5" />,
  halt: <OctagonX aria-hidden className="size-3.5" />,
  "roll-back": <Undo2 aria-hidden className="size-3.5" />,
}

const order: readonly Deed[] = ["pass-gate", "resume", "pause", "halt", "roll-back", "cancel"]

export function RolloutActions({ rollout }: { readonly rollout: Rollout }) {
  const [asked, ask] = useState<Deed>()
  return (
    <Only who="pauseRollout">
      {order
        .filter((deed) => mayCommand(deed, rollout.state))
        .map((deed) => (
          <Button
            key={deed}
            kind={
              deed === "pass-gate" || deed === "resume"
                ? "primary"
                : deed === "halt" || deed === "roll-back"
                  ? "danger"
                  : "plain"
            }
            onPress={() => ask(deed)}
          >
            {icons[deed]}
            {words[deed].name}
          </Button>
        ))}
      {asked === undefined ? null : (
        <AskDeed rollout={rollout} deed={asked} onClose={() => ask(undefined)} />
      )}
    </Only>
  )
}

type AskProps = {
  readonly rollout: Rollout
  readonly deed: Deed
  readonly onClose: () => void
}

function AskDeed({ rollout, deed, onClose }: AskProps) {
  const client = useQueryClient()
  const [reason, setReason] = useState("")
  const { name, title, meaning, done, asksWhy } = words[deed]
  const command = useMutation({
    mutationFn: () => send(rollout, deed, reason),
    onSuccess: (saved) => {
      client.setQueryData([...keys.rollout, saved.id], saved)
      say(done)
      onClose()
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["rollouts"] }),
  })
  const stage = rollout.gate === null ? undefined : rollout.stages[rollout.gate]
  return (
    <Dialog title={title} open onClose={onClose} busy={command.isPending} alert>
      <div className="flex flex-col gap-3">
        <p className="text-sm text-ink-2">
          {deed === "pass-gate" && stage !== undefined
            ? `Stage ${stage.name} with ${stage.clusterCount} clusters begins.`
            : meaning}
        </p>
        {asksWhy ? (
          <TextField label="Why (others read it)" value={reason} onChange={setReason} autoFocus />
        ) : null}
        <DeedFailed error={command.error} />
      </div>
      <DialogActions>
        <Button onPress={onClose} isDisabled={command.isPending}>
          Leave it as it is
        </Button>
        <Button
          kind={deed === "halt" || deed === "roll-back" || deed === "cancel" ? "danger" : "primary"}
          isPending={command.isPending}
          onPress={() => command.mutate()}
        >
          {name}
        </Button>
      </DialogActions>
    </Dialog>
  )
}

function send({ id, gate }: Rollout, deed: Deed, reason: string): Promise<Rollout> {
  const params = { id }
  const body = { reason }
  switch (deed) {
    case "pause":
      return call("pauseRollout", { params, body })
    case "resume":
      return call("resumeRollout", { params })
    case "halt":
      return call("haltRollout", { params, body })
    case "roll-back":
      return call("rollBackRollout", { params, body })
    case "cancel":
      return call("cancelRollout", { params, body })
    case "pass-gate":
      return call("passRolloutGate", { params, body: { stage: gate ?? 0 } })
  }
}
