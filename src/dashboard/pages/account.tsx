/** The own access: role and scope, the password, and where one is signed in. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { createColumnHelper } from "@tanstack/react-table"
import { useState } from "react"
import { inWords, isWholeFleet } from "#core/access/scope.ts"
import { passwordSchema, type OpenSession } from "#wire/rest/access.ts"
import { call } from "../api/client.ts"
import { keys, sessionQuery, sessionsQuery } from "../api/queries.ts"
import { DeedFailed, LoadFailed } from "../components/load-failed.tsx"
import { DeleteNamed } from "../forms/delete-named.tsx"
import { Age } from "../ui/age.tsx"
import { Button } from "../ui/button.tsx"
import { TextField } from "../ui/field.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { type Columns, DataTable, type Features } from "../ui/table.tsx"
import { TextLink } from "../ui/text-link.tsx"
import { useTitle } from "../ui/title.ts"
import { say } from "../ui/toast.tsx"

const column = createColumnHelper<Features, OpenSession>()

const columns: Columns<OpenSession> = column.columns([
  column.display({
    id: "where",
    header: "From",
    meta: { names: true },
    cell: ({ row: { original: one } }) => (
      <span className="flex max-w-md flex-col">
        <span className="font-medium">
          {one.address ?? "unknown"}
          {one.isThisOne ? <span className="ml-2 text-xs text-good">this one</span> : null}
        </span>
        <span className="text-xs text-ink-3">{one.userAgent ?? "unknown program"}</span>
      </span>
    ),
  }),
  column.display({
    id: "opened",
    header: "Signed in",
    cell: ({ row: { original: one } }) => <Age at={one.createdAt} />,
  }),
  column.display({
    id: "used",
    header: "Last used",
    cell: ({ row: { original: one } }) => <Age at={one.lastUsedAt} />,
  }),
  column.display({
    id: "actions",
    header: "",
    meta: { align: "end", corner: true },
    cell: ({ row: { original: one } }) => (one.isThisOne ? null : <End session={one} />),
  }),
])

export function AccountPage() {
  useTitle("My account")
  const { data: session } = useQuery(sessionQuery)
  const sessions = useQuery(sessionsQuery)
  const open = sessions.data?.items ?? []
  return (
    <>
      <PageHeader
        title="My account"
        lead={
          session === null || session === undefined ? (
            ""
          ) : (
            <>
              Signed in as {session.user}, {session.role} on{" "}
              {isWholeFleet(session.scope) ? "" : "satellites with "}
              {inWords(session.scope)}. API tokens are on{" "}
              <TextLink to="/tokens">a page of their own</TextLink>.
            </>
          )
        }
      />
      <div className="flex flex-col gap-6">
        {session?.hasPassword === true ? <ChangePassword /> : null}
        <Panel title="Open sessions">
          {sessions.isPending ? (
            <LoadingRows what="sessions" rows={2} />
          ) : sessions.isError && open.length === 0 ? (
            <LoadFailed
              what="The list of sessions"
              error={sessions.error}
              retry={sessions.refetch}
              retrying={sessions.isFetching}
            />
          ) : (
            <DataTable
              label="Open sessions"
              columns={columns}
              rows={open}
              rowKey={({ id }) => id}
            />
          )}
        </Panel>
      </div>
    </>
  )
}

function End({ session }: { readonly session: OpenSession }) {
  const [asked, setAsked] = useState(false)
  const from = session.address ?? "an unknown address"
  return (
    <>
      <Button
        small
        kind="danger"
        aria-label={`End the session from ${from}`}
        onPress={() => setAsked(true)}
      >
        End
      </Button>
      {asked ? (
        <DeleteNamed
          title="End this session?"
          verb="End session"
          verbing="Ending…"
          done="The session is over."
          run={() => call("endSession", { params: { id: session.id } })}
          stale={keys.sessions}
          onClose={() => setAsked(false)}
        >
          Whoever uses it, from {from}, has to sign in again.
        </DeleteNamed>
      ) : null}
    </>
  )
}

function ChangePassword() {
  const client = useQueryClient()
  const [current, setCurrent] = useState("")
  const [password, setPassword] = useState("")
  const [tried, setTried] = useState(false)
  const checked = passwordSchema.safeParse(password)
  const change = useMutation({
    mutationFn: () => call("changePassword", { body: { current, password } }),
    onSuccess: async () => {
      say("Your password is changed. Your other sessions are over.")
      setCurrent("")
      setPassword("")
      setTried(false)
      await client.invalidateQueries({ queryKey: keys.sessions })
    },
  })
  return (
    <Panel title="Password">
      <form
        noValidate
        className="flex max-w-sm flex-col gap-4 p-4"
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (checked.success && current !== "") change.mutate()
        }}
      >
        <DeedFailed error={change.error} />
        <TextField
          label="Present password"
          type="password"
          autoComplete="current-password"
          value={current}
          onChange={setCurrent}
          error={tried && current === "" ? "Enter your present password" : undefined}
        />
        <TextField
          label="New password"
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
          help="At least 10 characters"
          error={tried && !checked.success ? checked.error.issues[0]?.message : undefined}
        />
        <div>
          <Button type="submit" kind="primary" isPending={change.isPending}>
            Change password
          </Button>
        </div>
      </form>
    </Panel>
  )
}
