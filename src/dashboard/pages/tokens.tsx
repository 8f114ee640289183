/** API tokens for programs: made once, shown once, revoked at any time. */
import { useQuery } from "@tanstack/react-query"
import { createColumnHelper } from "@tanstack/react-table"
import { KeyRound, Plus } from "lucide-react"
import { useState } from "react"
import { call } from "../api/client.ts"
import { keys, tokensQuery } from "../api/queries.ts"
import { Labels } from "../components/labels.tsx"
import { LoadFailed } from "../components/load-failed.tsx"
import type { Token } from "../domain/types.ts"
import { DeleteNamed } from "../forms/delete-named.tsx"
import { NewToken } from "../forms/new-token.tsx"
import { Age } from "../ui/age.tsx"
import { Button } from "../ui/button.tsx"
import { useTimed } from "../ui/clock.ts"
import { dayText } from "../ui/format.ts"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Empty, LoadingRows } from "../ui/states.tsx"
import { type Columns, DataTable, type Features } from "../ui/table.tsx"
import { useTitle } from "../ui/title.ts"

const column = createColumnHelper<Features, Token>()

const columns: Columns<Token> = column.columns([
  column.accessor("name", {
    header: "Token",
    meta: { names: true },
    cell: ({ row: { original: token } }) => (
      <span className="flex flex-col">
        <span className="font-medium">{token.name}</span>
        {token.prefix === null ? null : (
          <code className="font-mono text-xs text-ink-3">{token.prefix}…</code>
        )}
      </span>
    ),
  }),
  column.accessor("personName", { header: "Owner", cell: ({ getValue }) => getValue() }),
  column.display({
    id: "may",
    header: "May",
    cell: ({ row: { original: token } }) => (
      <span className="flex flex-col gap-0.5">
        {token.role}
        {Object.keys(token.scope).length === 0 ? null : <Labels labels={token.scope} />}
      </span>
    ),
  }),
  column.accessor("createdAt", {
    header: "Made",
    cell: ({ row: { original: token } }) => <Age at={token.createdAt} />,
  }),
  column.display({
    id: "used",
    header: "Last used",
    cell: ({ row: { original: token } }) =>
      token.lastUsedAt === null ? (
        <span className="text-ink-3">never</span>
      ) : (
        <Age at={token.lastUsedAt} />
      ),
  }),
  column.display({
    id: "expires",
    header: "Expires",
    cell: ({ row: { original: token } }) => <Expiry token={token} />,
  }),
  column.display({
    id: "actions",
    header: "",
    meta: { align: "end", corner: true },
    cell: ({ row: { original: token } }) => <Revoke token={token} />,
  }),
])

export function TokensPage() {
  useTitle("API tokens")
  const [making, setMaking] = useState(false)
  const query = useQuery(tokensQuery)
  const tokens = query.data?.items ?? []
  const newToken = (
    <Button kind="primary" onPress={() => setMaking(true)}>
      <Plus aria-hidden className="size-3.5" />
      New token
    </Button>
  )
  return (
    <>
      <PageHeader
        title="API tokens"
        lead={
          <>
            For programs that use the REST API, described at{" "}
            <a
              href="/api/v1/openapi.json"
              className="rounded-sm font-medium text-accent hover:underline"
            >
              /api/v1/openapi.json
            </a>
            .
          </>
        }
        actions={newToken}
      />
      <Panel>
        {query.isPending ? (
          <LoadingRows what="tokens" rows={3} />
        ) : query.isError && tokens.length === 0 ? (
          <LoadFailed
            what="The tokens"
            error={query.error}
            retry={query.refetch}
            retrying={query.isFetching}
          />
        ) : tokens.length === 0 ? (
          <Empty icon={KeyRound} title="No token yet" action={newToken}>
            A token lets a script do what you can do here. Make one for each program, so that each
            can be revoked alone.
          </Empty>
        ) : (
          <DataTable
            label="API tokens"
            columns={columns}
            rows={tokens}
            rowKey={(token) => token.id}
          />
        )}
      </Panel>
      {making ? <NewToken onClose={() => setMaking(false)} /> : null}
    </>
  )
}

function Expiry({ token }: { readonly token: Token }) {
  const { expiresAt } = token
  const over = useTimed((now) => expiresAt !== null && Date.parse(expiresAt) <= now)
  if (expiresAt === null) return <span className="text-ink-2">never</span>
  return over ? (
    <span className="font-medium text-bad">expired</span>
  ) : (
    <>{dayText(Date.parse(expiresAt))}</>
  )
}

function Revoke({ token }: { readonly token: Token }) {
  const [asked, setAsked] = useState(false)
  return (
    <>
      <Button
        small
        kind="danger"
        aria-label={`Revoke ${token.name}`}
        onPress={() => setAsked(true)}
      >
        Revoke
      </Button>
      {asked ? (
        <DeleteNamed
          title={`Revoke ${token.name}?`}
          verb="Revoke"
          verbing="Revoking…"
          done={`${token.name} is revoked.`}
          run={() => call("revokeToken", { params: { id: token.id } })}
          stale={keys.tokens}
          onClose={() => setAsked(false)}
        >
          Programs that use it are refused from now on. It cannot be taken back.
        </DeleteNamed>
      ) : null}
    </>
  )
}
