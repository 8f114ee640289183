/** Events, newest first: sign, time, sentence, and where it was. */
import {
  CircleAlert,
  Info,
  type LucideIcon,
  OctagonAlert,
  TriangleAlert,
  Wrench,
} from "lucide-react"
import { Fragment } from "react"
import type { Severity } from "#core/cluster/events.ts"
import type { FleetEventBody } from "#wire/rest/events.ts"
import { failoverTimes, otherDetails } from "../domain/failover-times.ts"
import { severityLook } from "../domain/words.ts"
import { When } from "../ui/age.tsx"
import { classNames } from "../ui/class-names.ts"
import { TextLink } from "../ui/text-link.tsx"
import { textTone } from "../ui/tone.ts"
import { FailoverSplit } from "./failover-split.tsx"

const icons: Readonly<Record<Severity, LucideIcon>> = {
  debug: Wrench,
  info: Info,
  warning: TriangleAlert,
  error: CircleAlert,
  critical: OctagonAlert,
}

type Props = {
  readonly events: readonly FleetEventBody[]
  readonly label: string
  /** Leaves out what all of them share. */
  readonly of?: "cluster" | "satellite"
  readonly details?: boolean
}

export const EventList = ({ events, label, of, details = false }: Props) => (
  <ol aria-label={label} className="divide-y divide-line">
    {events.map((event) => (
      <EventRow key={event.id} event={event} of={of} details={details} />
    ))}
  </ol>
)

type RowProps = {
  readonly event: FleetEventBody
  readonly of: "cluster" | "satellite" | undefined
  readonly details: boolean
}

function EventRow({ event, of, details }: RowProps) {
  const { word, tone, meaning } = severityLook(event.severity)
  const Icon = icons[event.severity]
  const facts = details ? otherDetails(event) : []
  const times = failoverTimes(event)
  return (
    <li
      className={classNames(
        "flex gap-3 px-4 py-2.5 text-sm",
        // Long lists only: what is off the screen costs no layout.
        details && "[contain-intrinsic-size:auto_3.5rem] [content-visibility:auto]",
      )}
    >
      <span className={classNames("mt-0.5 shrink-0", textTone[tone])} title={`${word}: ${meaning}`}>
        <Icon aria-hidden className="size-4" />
        <span className="sr-only">{word}:</span>
      </span>
      <div className="min-w-0 flex-1">
        <p className="wrap-anywhere">{event.message}</p>
        <p className="mt-0.5 flex flex-wrap items-center gap-x-2 gap-y-0.5 text-xs wrap-anywhere text-ink-3">
          <span className="font-mono">{event.kind}</span>
          {of !== "satellite" && of !== "cluster" && event.satelliteId !== null ? (
            <TextLink
              to="/satellites/$id"
              params={{ id: event.satelliteId }}
              quiet
              className="text-ink-2"
            >
              {event.satelliteName ?? "satellite"}
            </TextLink>
          ) : null}
          {of !== "cluster" && event.clusterId !== null ? (
            <TextLink
              to="/clusters/$id"
              params={{ id: event.clusterId }}
              quiet
              className="text-ink-2"
            >
              {event.clusterName ?? "cluster"}
            </TextLink>
          ) : null}
          {event.pod === null ? null : <span className="font-mono">{event.pod}</span>}
        </p>
        {times === undefined ? null : <FailoverSplit times={times} />}
        {facts.length === 0 ? null : <Details facts={facts} />}
      </div>
      <span className="shrink-0 text-xs leading-5 text-ink-3">
        <When at={event.at} />
      </span>
    </li>
  )
}

const Details = ({ facts }: { readonly facts: readonly (readonly [string, string])[] }) => (
  <details className="mt-1 text-xs">
    <summary className="w-fit cursor-pointer rounded-sm text-ink-3 hover:text-ink">Details</summary>
    <dl className="mt-1 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-0.5 rounded-md bg-sunken px-3 py-2">
      {facts.map(([key, value]) => (
        <Fragment key={key}>
          <dt className="font-mono text-ink-3">{key}</dt>
          <dd className="font-mono wrap-anywhere whitespace-pre-wrap">{value}</dd>
        </Fragment>
      ))}
    </dl>
  </details>
)
