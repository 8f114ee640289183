/** How much a satellite, or the sidecars of a cluster, write to their logs, for a while. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { ScrollText } from "lucide-react"
import { useState } from "react"
import { askedLogLevels } from "#wire/rest/log-level-routes.ts"
import type { Answer } from "#wire/rest/routes.ts"
import { call } from "../api/client.ts"
import { type LogOf, logLevelQuery } from "../api/catalogue-queries.ts"
import { Button, ButtonLink } from "../ui/button.tsx"
import { fullTime } from "../ui/format.ts"
import { Panel } from "../ui/panel.tsx"
import { Select } from "../ui/select.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { say } from "../ui/toast.tsx"
import { DeedFailed, LoadFailed } from "./load-failed.tsx"
import { Only } from "./only.tsx"

type Level = (typeof askedLogLevels)[number]
type Asked = Answer<"getSatelliteLogLevel">

const meanings: Readonly<Record<Level, string>> = {
  debug: "everything",
  info: "what happens",
  warn: "what may be wrong",
  error: "what went wrong",
}
const levels = askedLogLevels.map((value) => ({ value, name: `${value}: ${meanings[value]}` }))
const times = [
  { value: "15", name: "15 minutes" },
  { value: "60", name: "One hour" },
  { value: "480", name: "8 hours" },
] as const

const words = {
  satellite: { title: "Log of the satellite", route: "putSatelliteLogLevel", whose: "" },
  cluster: {
    title: "Log of the sidecars",
    route: "putClusterLogLevel",
    whose: "the sidecars of ",
  },
} as const

type Props = { readonly of: LogOf; readonly id: string; readonly name: string }

export function LogLevelPanel(props: Props) {
  const query = useQuery(logLevelQuery(props.of, props.id))
  return (
    <Panel title={words[props.of].title} aside={<FollowLog of={props.of} id={props.id} />}>
      {query.isPending ? (
        <LoadingRows what="the log level" rows={1} />
      ) : query.isError ? (
        <LoadFailed
          what="The log level"
          error={query.error}
          retry={query.refetch}
          retrying={query.isFetching}
        />
      ) : (
        <AskForLevel {...props} asked={query.data} />
      )}
    </Panel>
  )
}

const FollowLog = ({ of, id }: Pick<Props, "of" | "id">) => (
  <ButtonLink
    small
    to={of === "satellite" ? "/satellites/$id/logs" : "/clusters/$id/logs"}
    params={{ id }}
  >
    <ScrollText aria-hidden className="size-3.5" />
    Follow
    <span className="sr-only">
      {of === "satellite" ? " the satellite's log" : " logs of the members"}
    </span>
  </ButtonLink>
)

function AskForLevel({ of, id, name, asked }: Props & { readonly asked: Asked }) {
  const client = useQueryClient()
  const { route, whose } = words[of]
  const [level, setLevel] = useState<Level>("debug")
  const [minutes, setMinutes] = useState<(typeof times)[number]["value"]>("15")
  const ask = useMutation({
    mutationFn: (wanted: Level | null) =>
      call(route, { params: { id }, body: { level: wanted, minutes: Number(minutes) } }),
    onSuccess: (now) => {
      client.setQueryData(logLevelQuery(of, id).queryKey, now)
      say(
        now.level === null
          ? `The log of ${whose}${name} is as usual again.`
          : `The log of ${whose}${name} is at level ${now.level} for a while.`,
      )
    },
  })
  return (
    <div className="flex flex-col gap-3 p-4">
      <p className="text-sm text-ink-2">
        {asked.level === null || asked.until === null
          ? "At its own level."
          : `At level ${asked.level} until ${fullTime(Date.parse(asked.until))}, then at its own again.`}
      </p>
      <DeedFailed error={ask.error} />
      <Only who={route}>
        <div className="flex flex-wrap items-end gap-3">
          <Select
            label="Level"
            choices={levels}
            value={level}
            onChange={setLevel}
            className="min-w-40 flex-1 sm:max-w-56"
          />
          <Select
            label="For"
            choices={times}
            value={minutes}
            onChange={setMinutes}
            className="min-w-32 flex-1 sm:max-w-40"
          />
          <Button isPending={ask.isPending} onPress={() => ask.mutate(level)}>
            Ask for it
          </Button>
          {asked.level === null ? null : (
            <Button isDisabled={ask.isPending} onPress={() => ask.mutate(null)}>
              Back to its own
            </Button>
          )}
        </div>
      </Only>
    </div>
  )
}
