/** Making or editing a freeze window. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import { ToggleButton, ToggleButtonGroup } from "react-aria-components"
import { weekdays } from "#core/rollout/freeze.ts"
import { createFreezeWindowBody, type FreezeWindow } from "#wire/rest/freeze-windows.ts"
import { call } from "../api/client.ts"
import { DeedFailed } from "../components/load-failed.tsx"
import { useKnownLabels } from "../components/use-known-labels.ts"
import { dayName } from "../domain/freeze.ts"
import { TextField } from "../ui/field.tsx"
import { RadioCards } from "../ui/radio-cards.tsx"
import { say } from "../ui/toast.tsx"
import { FormDialog } from "./form-dialog.tsx"
import { readLabels, rowsOf } from "./label-rows.ts"
import { LabelsField } from "./labels-field.tsx"

type Props = {
  /** The window that is edited; absent for a new one. */
  readonly window?: FreezeWindow
  readonly onClose: () => void
}

const zoneHere = Intl.DateTimeFormat().resolvedOptions().timeZone

/** As a field of the browser writes a time: without a zone, in the zone of the person. */
const localText = (at: string): string => {
  const date = new Date(at)
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}

function begin(window: FreezeWindow | undefined) {
  const weekly = window?.time.kind === "weekly" ? window.time : undefined
  const once = window?.time.kind === "once" ? window.time : undefined
  return {
    name: window?.name ?? "",
    labels: rowsOf(window?.selector ?? {}),
    kind: window?.time.kind ?? ("weekly" as const),
    days: weekly?.days ?? [...weekdays],
    from: weekly?.from ?? "08:00",
    until: weekly?.until ?? "18:00",
    timeZone: weekly?.timeZone ?? zoneHere,
    start: once === undefined ? "" : localText(once.from),
    end: once === undefined ? "" : localText(once.until),
  }
}

type Typed = ReturnType<typeof begin>

function bodyOf(typed: Typed) {
  const labels = readLabels(typed.labels)
  const time = (text: string): string => {
    const at = Date.parse(text)
    return Number.isNaN(at) ? "" : new Date(at).toISOString()
  }
  return createFreezeWindowBody.safeParse({
    name: typed.name.trim(),
    selector: labels.kind === "ok" ? labels.labels : undefined,
    time:
      typed.kind === "weekly"
        ? {
            kind: "weekly",
            days: typed.days,
            from: typed.from,
            until: typed.until,
            timeZone: typed.timeZone.trim(),
          }
        : { kind: "once", from: time(typed.start), until: time(typed.end) },
  })
}

export function FreezeWindowForm({ window, onClose }: Props) {
  const client = useQueryClient()
  const known = useKnownLabels()
  const [typed, setTyped] = useState(() => begin(window))
  const [tried, setTried] = useState(false)
  const labels = readLabels(typed.labels)
  const parsed = bodyOf(typed)
  const save = useMutation({
    mutationFn: (body: NonNullable<typeof parsed.data>) =>
      window === undefined
        ? call("createFreezeWindow", { body })
        : call("editFreezeWindow", {
            params: { id: window.id },
            body: { version: window.version, ...body },
          }),
    onSuccess: async (saved) => {
      say(`Freeze window ${saved.name} is saved.`)
      onClose()
      await client.invalidateQueries({ queryKey: ["freeze-windows"] })
    },
  })
  const problem = (field: string): string | undefined =>
    tried ? parsed.error?.issues.find(({ path }) => path.join(".") === field)?.message : undefined
  const set = (more: Partial<Typed>) => setTyped({ ...typed, ...more })
  return (
    <FormDialog
      title={window === undefined ? "New freeze window" : `Edit ${window.name}`}
      wide
      verb="Save freeze window"
      busy={save.isPending}
      onSubmit={() => {
        setTried(true)
        if (parsed.success && labels.kind === "ok") save.mutate(parsed.data)
      }}
      onClose={onClose}
    >
      <TextField
        label="Name"
        value={typed.name}
        onChange={(name) => set({ name })}
        error={problem("name") === undefined ? undefined : "Give it a name"}
        placeholder="opening hours"
        autoFocus
      />
      <RadioCards
        label="When"
        value={typed.kind}
        onChange={(kind) => set({ kind })}
        choices={[
          { value: "weekly", name: "Every week", help: "On some days, between two times." },
          { value: "once", name: "Once", help: "From one moment to another." },
        ]}
      />
      <TimeFields typed={typed} onSet={set} problem={problem} />
      <LabelsField
        legend="On satellites with all of these labels"
        help="No label at all means every satellite."
        rows={typed.labels}
        onChange={(rows) => set({ labels: rows })}
        problems={tried && labels.kind === "bad" ? labels.problems : new Map()}
        known={known}
      />
      <DeedFailed error={save.error} />
    </FormDialog>
  )
}

type TimeProps = {
  readonly typed: Typed
  readonly onSet: (more: Partial<Typed>) => void
  readonly problem: (field: string) => string | undefined
}

function TimeFields({ typed, onSet, problem }: TimeProps) {
  return typed.kind === "weekly" ? (
    <>
      <Days days={typed.days} onChange={(days) => onSet({ days })} />
      <div className="grid gap-4 sm:grid-cols-3">
        <TextField
          label="From"
          value={typed.from}
          onChange={(from) => onSet({ from })}
          error={problem("time.from")}
          placeholder="08:00"
        />
        <TextField
          label="Until"
          value={typed.until}
          onChange={(until) => onSet({ until })}
          error={problem("time.until")}
          help="At or before the first: on the next day"
          placeholder="18:00"
        />
        <TextField
          label="Time zone"
          value={typed.timeZone}
          onChange={(timeZone) => onSet({ timeZone })}
          error={problem("time.timeZone")}
        />
      </div>
    </>
  ) : (
    <div className="grid gap-4 sm:grid-cols-2">
      <TextField
        label="From"
        type="datetime-local"
        value={typed.start}
        onChange={(start) => onSet({ start })}
        error={problem("time.from") === undefined ? undefined : "Choose a day and a time"}
        help={`In your time zone, ${zoneHere}`}
      />
      <TextField
        label="Until"
        type="datetime-local"
        value={typed.end}
        onChange={(end) => onSet({ end })}
        error={problem("time.until") === undefined ? undefined : "Choose a later day and time"}
      />
    </div>
  )
}

type DaysProps = {
  readonly days: Typed["days"]
  readonly onChange: (days: Typed["days"]) => void
}

const Days = ({ days, onChange }: DaysProps) => (
  <ToggleButtonGroup
    aria-label="Days"
    selectionMode="multiple"
    disallowEmptySelection
    selectedKeys={days}
    onSelectionChange={(chosen) => onChange(weekdays.filter((day) => chosen.has(day)))}
    className="flex flex-wrap gap-1"
  >
    {weekdays.map((day) => (
      <ToggleButton
        key={day}
        id={day}
        className="h-8 rounded-md border border-line-strong bg-raised px-3 text-sm hover:border-control selected:border-accent selected:bg-accent-soft selected:font-medium"
      >
        {dayName(day)}
      </ToggleButton>
    ))}
  </ToggleButtonGroup>
)
