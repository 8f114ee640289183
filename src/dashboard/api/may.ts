/** What the person who is signed in may do: asked of the same table and rule by which central decides. */
import { useQuery } from "@tanstack/react-query"
import { may, type Verdict } from "#core/access/may.ts"
import { tailNeeds } from "#wire/log-tail-live.ts"
import { type Route, type RouteName, routes } from "#wire/rest/routes.ts"
import { sessionQuery } from "./queries.ts"

/** Undefined until the session is known. */
function useVerdict(): (name: RouteName) => Verdict | undefined {
  const { data: session } = useQuery(sessionQuery)
  return (name) => {
    const { access, reach = "scope" }: Route = routes[name]
    if (access === "anyone") return { kind: "may" }
    if (session === null || session === undefined) return undefined
    return may(session, { role: access, reach })
  }
}

/** Until the session is known, nothing is offered. */
export function useMay(): (name: RouteName) => boolean {
  const verdict = useVerdict()
  return (name) => verdict(name)?.kind === "may"
}

/** Why the person may not, in central's words; undefined where the person may. */
export function useWhyNot(name: RouteName): string | undefined {
  const verdict = useVerdict()(name)
  return verdict?.kind === "may-not" ? verdict.why : undefined
}

/** Why the person may not follow logs, which no route of the table decides; undefined where the person may. */
export function useWhyNoLogs(): string | undefined {
  const { data: session } = useQuery(sessionQuery)
  const verdict = session === null || session === undefined ? undefined : may(session, tailNeeds)
  return verdict?.kind === "may-not" ? verdict.why : undefined
}
