/** The latest events of the fleet, a satellite or a cluster, live, with the way to all of them. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { Activity } from "lucide-react"
import { eventsQuery } from "../api/queries.ts"
import { Panel } from "../ui/panel.tsx"
import { Empty, LoadingRows } from "../ui/states.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { EventList } from "./event-list.tsx"
import { LoadFailed } from "./load-failed.tsx"

type Props = {
  readonly of?: { readonly clusterId: string } | { readonly satelliteId: string }
  readonly most?: number
  readonly className?: string
}

export function RecentEvents({ of, most = 12, className }: Props) {
  const list = useInfiniteQuery(eventsQuery({ ...of, severity: "info" }, 20))
  const events = list.data?.pages.flatMap((page) => page.items).slice(0, most) ?? []
  const kind = of === undefined ? undefined : "clusterId" in of ? "cluster" : "satellite"
  return (
    <Panel
      title="Latest events"
      aside={
        <TextLink to="/events" search={{ ...of }} className="text-sm">
          All events
        </TextLink>
      }
      {...(className === undefined ? {} : { className })}
    >
      {list.isPending ? (
        <LoadingRows what="events" rows={5} />
      ) : list.isError && events.length === 0 ? (
        <LoadFailed
          what="The events"
          error={list.error}
          retry={list.refetch}
          retrying={list.isFetching}
        />
      ) : events.length === 0 ? (
        <Empty icon={Activity} title="Nothing has happened yet">
          Registrations, failovers, repairs and everything else worth telling appear here.
        </Empty>
      ) : (
        <EventList
          events={events}
          label="Latest events"
          {...(kind === undefined ? {} : { of: kind })}
        />
      )}
    </Panel>
  )
}
