/** The whole log: filtered by central, older by scrolling, newer by themselves without a jump. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { Activity, ArrowUp, X } from "lucide-react"
import { useMemo, useState } from "react"
import type { Severity } from "#core/cluster/events.ts"
import type { FleetEventBody } from "#wire/rest/events.ts"
import { clusterQuery, eventsQuery, satelliteQuery } from "../api/queries.ts"
import { EventList } from "../components/event-list.tsx"
import { NothingMatches, PagedList } from "../components/paged.tsx"
import { type EventRange, sinceOf } from "../domain/event-range.ts"
import { Button } from "../ui/button.tsx"
import { serverNow } from "../ui/clock.ts"
import { countText } from "../ui/format.ts"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Segments } from "../ui/segments.tsx"
import { Empty } from "../ui/states.tsx"
import { useTitle } from "../ui/title.ts"

const route = getRouteApi("/signed-in/events")

const severityChoices: readonly { readonly value: Severity; readonly name: string }[] = [
  { value: "debug", name: "Everything" },
  { value: "info", name: "Info and worse" },
  { value: "warning", name: "Warnings and worse" },
  { value: "error", name: "Errors" },
]
const rangeChoices: readonly { readonly value: EventRange | "all"; readonly name: string }[] = [
  { value: "all", name: "All time" },
  { value: "week", name: "7 days" },
  { value: "day", name: "24 hours" },
  { value: "hour", name: "1 hour" },
]

export function EventsPage() {
  useTitle("Events")
  const { severity = "info", range, clusterId, satelliteId } = route.useSearch()
  const navigate = useNavigate({ from: "/events" })
  // Fixed when the range is chosen, so that the list keeps its key while time goes on.
  const since = useMemo(() => sinceOf(range, serverNow()), [range])
  const list = useInfiniteQuery(
    eventsQuery({
      severity,
      ...(since === undefined ? {} : { since }),
      ...(clusterId === undefined ? {} : { clusterId }),
      ...(satelliteId === undefined ? {} : { satelliteId }),
    }),
  )
  const all = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data])
  const { visible, held, atTop, showNew } = useHeld(all)
  const narrowed =
    range !== undefined ||
    clusterId !== undefined ||
    satelliteId !== undefined ||
    severity !== "info"
  return (
    <>
      <PageHeader title="Events" lead="What happened at the sites and at central, newest first." />
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <Segments
          label="Severity"
          choices={severityChoices}
          value={severity === "critical" ? "error" : severity}
          onChange={(chosen) =>
            void navigate({ search: (old) => ({ ...old, severity: chosen }), replace: true })
          }
        />
        <Segments
          label="Time"
          choices={rangeChoices}
          value={range ?? "all"}
          onChange={(chosen) =>
            void navigate({
              search: (old) => ({ ...old, range: chosen === "all" ? undefined : chosen }),
              replace: true,
            })
          }
        />
        <OnlyOf
          clusterId={clusterId}
          satelliteId={satelliteId}
          onRemove={() =>
            void navigate({
              search: (old) => ({ ...old, clusterId: undefined, satelliteId: undefined }),
              replace: true,
            })
          }
        />
      </div>
      <div ref={atTop} />
      {held === 0 ? null : (
        <div className="sticky top-16 z-10 flex h-0 justify-center lg:top-3">
          <Button kind="primary" small className="shadow-overlay" onPress={showNew}>
            <ArrowUp aria-hidden className="size-3.5" />
            {countText(held, "new event")}
          </Button>
        </div>
      )}
      <Panel>
        <PagedList
          what="events"
          query={list}
          empty={
            narrowed ? (
              <NothingMatches one="event" onShowAll={() => navigate({ search: {}, replace: true })}>
                Nothing of this kind happened in this time.
              </NothingMatches>
            ) : (
              <Empty icon={Activity} title="Nothing has happened yet">
                Registrations, failovers, repairs and everything else worth telling appear here.
              </Empty>
            )
          }
        >
          {() => <EventList events={visible} label="Events" details />}
        </PagedList>
      </Panel>
    </>
  )
}

/**
 * Holds new events back while the reader is further down: what is being read does not move. At the top
 * they appear at once.
 */
function useHeld(all: readonly FleetEventBody[]) {
  const [anchor, setAnchor] = useState<string>()
  const from =
    anchor === undefined
      ? 0
      : Math.max(
          0,
          all.findIndex((event) => event.id === anchor),
        )
  const first = all[0]?.id
  const atTop = (element: HTMLDivElement | null) => {
    if (element === null) return undefined
    const observer = new IntersectionObserver(([entry]) => {
      setAnchor((old) => (entry?.isIntersecting === true ? undefined : (old ?? first)))
    })
    observer.observe(element)
    return () => observer.disconnect()
  }
  const showNew = (): void => {
    setAnchor(undefined)
    globalThis.scrollTo({ top: 0 })
  }
  return { visible: all.slice(from), held: from, atTop, showNew }
}

type OnlyProps = {
  readonly clusterId: string | undefined
  readonly satelliteId: string | undefined
  readonly onRemove: () => void
}

function OnlyOf({ clusterId, satelliteId, onRemove }: OnlyProps) {
  const cluster = useQuery({ ...clusterQuery(clusterId ?? ""), enabled: clusterId !== undefined })
  const satellite = useQuery({
    ...satelliteQuery(satelliteId ?? ""),
    enabled: satelliteId !== undefined,
  })
  if (clusterId === undefined && satelliteId === undefined) return null
  const name = cluster.data?.name ?? satellite.data?.name ?? "one"
  return (
    <Button small onPress={onRemove} aria-label={`Show the events of all, not only of ${name}`}>
      Only {name}
      <X aria-hidden className="size-3.5" />
    </Button>
  )
}
