/** What the person who is signed in may do: asked of the same table and rule by which central decides. */
import { useQuery } from "@tanstack/react-query"
import { may, type Verdict } from "#core/access/may.ts"
import { type Route, type RouteName, routes } from "#wire/rest/routes.ts"
import { sessionQuery } from "./queries.ts"

/** Until the session is known, nothing is offered. */
export function useMay(): (name: RouteName) => boolean {
  const { data: session } = useQuery(sessionQuery)
  return (name) => {
    const { access, reach = "scope" }: Route = routes[name]
    if (access === "anyone") return true
    if (session === null || session === undefined) return false
    const verdict: Verdict = may(session, { role: access, reach })
    return verdict.kind === "may"
  }
}
