/** What approving or relabelling a satellite would mean for clusters, asked anew a moment after the typing stops. */
import { useQuery } from "@tanstack/react-query"
import { useState } from "react"
import { satelliteCascadeQuery } from "../api/intent-queries.ts"
import { confirmedBy } from "../components/cascade.tsx"
import { useDebounced } from "../ui/debounce.ts"
import type { Fields } from "./satellite-fields.tsx"

const typingPause = 300

export function useSatelliteCascade(id: string, deed: "approve" | "edit", { read }: Fields) {
  const typed = read.kind === "ok" ? JSON.stringify({ deed, ...read.value }) : undefined
  const settled = useDebounced(typed, typingPause)
  const query = useQuery(satelliteCascadeQuery(id, settled))
  const [confirmed, setConfirmed] = useState<string>()
  const isPresent = settled === typed && !query.isPlaceholderData
  const deletes = isPresent ? confirmedBy(query.data) : undefined
  // What was confirmed is these clusters: others ask anew.
  const key = deletes?.join(" ")
  const isConfirmed = key !== undefined && confirmed === key
  return {
    query,
    isConfirmed,
    confirm: (yes: boolean): void => setConfirmed(yes ? key : undefined),
    /** Whether a deed now would delete what nobody has confirmed. */
    waits: deletes !== undefined && !isConfirmed,
    confirmedDeletes: isConfirmed ? deletes : undefined,
  }
}
