/** Dropping a database with all that is in it: its name must be typed. */
import { useQueryClient } from "@tanstack/react-query"
import { useState } from "react"
import type { ClusterDatabase } from "#wire/rest/databases.ts"
import { call } from "../api/client.ts"
import { keys } from "../api/queries.ts"
import { Checkbox } from "../ui/checkbox.tsx"
import { say } from "../ui/toast.tsx"
import { ConfirmNamed } from "./confirm-named.tsx"

type Props = { readonly database: ClusterDatabase; readonly onClose: () => void }

export function DropDatabase({ database, onClose }: Props) {
  const client = useQueryClient()
  const [dropRole, setDropRole] = useState(false)
  const [endSessions, setEndSessions] = useState(false)
  const { clusterId: id, id: databaseId, name, owner, version } = database
  const sessions = database.sessions ?? 0
  return (
    <ConfirmNamed
      title={`Drop ${name}?`}
      name={name}
      verb="Drop database and data"
      verbing="Dropping…"
      run={() =>
        call("dropDatabase", {
          params: { id, databaseId },
          body: { version, name, dropRole, endSessions },
        })
      }
      onClose={onClose}
      onDone={async () => {
        say(`${name} is being dropped.`)
        await client.invalidateQueries({ queryKey: keys.databases })
      }}
    >
      <p>
        All that is in it is removed for good, on every member. If the site is away, it happens when
        it is next connected.
      </p>
      <div className="mt-3 flex flex-col gap-2 text-ink">
        <Checkbox label={`Drop the role ${owner} too`} value={dropRole} onChange={setDropRole} />
        {sessions === 0 ? null : (
          <Checkbox
            label={
              sessions === 1
                ? "End the session that is connected to it"
                : `End the ${sessions} sessions that are connected to it`
            }
            value={endSessions}
            onChange={setEndSessions}
          />
        )}
      </div>
    </ConfirmNamed>
  )
}
