/** How much a satellite writes to its log, for a while. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { Satellite } from "#wire/rest/satellites.ts"
import { call } from "../api/client.ts"
import { catalogueKeys, satelliteLogLevelQuery } from "../api/catalogue-queries.ts"
import { Button } from "../ui/button.tsx"
import { fullTime } from "../ui/format.ts"
import { Panel } from "../ui/panel.tsx"
import { Select } from "../ui/select.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { say } from "../ui/toast.tsx"
import { DeedFailed, LoadFailed } from "./load-failed.tsx"

type Level = "debug" | "info" | "warn" | "error"
const levels = [
  { value: "debug", name: "debug: everything" },
  { value: "info", name: "info: what happens" },
  { value: "warn", name: "warn: what may be wrong" },
  { value: "error", name: "error: what went wrong" },
] as const
const times = [
  { value: "15", name: "15 minutes" },
  { value: "60", name: "One hour" },
  { value: "480", name: "8 hours" },
] as const

export function LogLevelPanel({ satellite }: { readonly satellite: Satellite }) {
  const client = useQueryClient()
  const query = useQuery(satelliteLogLevelQuery(satellite.id))
  const [level, setLevel] = useState<Level>("debug")
  const [minutes, setMinutes] = useState<(typeof times)[number]["value"]>("15")
  const ask = useMutation({
    mutationFn: (wanted: Level | null) =>
      call("putSatelliteLogLevel", {
        params: { id: satellite.id },
        body: { level: wanted, minutes: Number(minutes) },
      }),
    onSuccess: (asked) => {
      client.setQueryData([...catalogueKeys.satelliteLogLevel, satellite.id], asked)
      say(
        asked.level === null
          ? `${satellite.name} logs as it usually does.`
          : `${satellite.name} logs at level ${asked.level} for a while.`,
      )
    },
  })
  if (query.isPending)
    return (
      <Panel title="Log">
        <LoadingRows what="the log level" rows={1} />
      </Panel>
    )
  if (query.isError)
    return (
      <Panel title="Log">
        <LoadFailed
          what="The log level"
          error={query.error}
          retry={query.refetch}
          retrying={query.isFetching}
        />
      </Panel>
    )
  const { level: asked, until } = query.data
  return (
    <Panel title="Log">
      <div className="flex flex-col gap-3 p-4">
        <p className="text-sm text-ink-2">
          {asked === null || until === null
            ? "It logs at its own level."
            : `It logs at level ${asked} until ${fullTime(Date.parse(until))}, then at its own again.`}
        </p>
        <DeedFailed error={ask.error} />
        <div className="flex flex-wrap items-end gap-3">
          <Select
            label="Level"
            choices={levels}
            value={level}
            onChange={setLevel}
            className="w-56"
          />
          <Select
            label="For"
            choices={times}
            value={minutes}
            onChange={setMinutes}
            className="w-36"
          />
          <Button isPending={ask.isPending} onPress={() => ask.mutate(level)}>
            Ask for it
          </Button>
          {asked === null ? null : (
            <Button isDisabled={ask.isPending} onPress={() => ask.mutate(null)}>
              Back to its own
            </Button>
          )}
        </div>
      </div>
    </Panel>
  )
}
