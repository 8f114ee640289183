/** Who may sign in, what they may do, and on which part of the fleet. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { createColumnHelper } from "@tanstack/react-table"
import { Plus } from "lucide-react"
import { useState } from "react"
import type { Person } from "#wire/rest/people.ts"
import { call } from "../api/client.ts"
import { keys, peopleQuery, sessionQuery } from "../api/queries.ts"
import { Labels } from "../components/labels.tsx"
import { LoadFailed } from "../components/load-failed.tsx"
import { Only } from "../components/only.tsx"
import { SecretOnce } from "../components/secret-once.tsx"
import { DeleteNamed } from "../forms/delete-named.tsx"
import { PersonForm } from "../forms/person-form.tsx"
import { Age } from "../ui/age.tsx"
import { Badge } from "../ui/badge.tsx"
import { Button } from "../ui/button.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { type Columns, DataTable, type Features } from "../ui/table.tsx"
import { useTitle } from "../ui/title.ts"
import { complain, say } from "../ui/toast.tsx"

const column = createColumnHelper<Features, Person>()

const columns: Columns<Person> = column.columns([
  column.accessor("name", {
    header: "Person",
    meta: { names: true },
    cell: ({ row: { original: person } }) => (
      <span className="flex flex-col">
        <span className="font-medium">{person.name}</span>
        {person.email === null ? null : <span className="text-xs text-ink-3">{person.email}</span>}
      </span>
    ),
  }),
  column.accessor("role", { header: "Role", cell: ({ getValue }) => getValue() }),
  column.display({
    id: "scope",
    header: "Scope",
    cell: ({ row: { original: person } }) =>
      Object.keys(person.scope).length === 0 ? (
        <span className="text-ink-3">whole fleet</span>
      ) : (
        <Labels labels={person.scope} />
      ),
  }),
  column.display({
    id: "state",
    header: "Access",
    cell: ({ row: { original: person } }) =>
      person.disabled ? (
        <Badge tone="quiet">Disabled</Badge>
      ) : (
        <span className="text-ink-2">{person.provider === null ? "password" : "provider"}</span>
      ),
  }),
  column.display({
    id: "signed-in",
    header: "Last sign-in",
    cell: ({ row: { original: person } }) =>
      person.signedInAt === null ? (
        <span className="text-ink-3">never</span>
      ) : (
        <Age at={person.signedInAt} />
      ),
  }),
  column.display({
    id: "actions",
    header: "",
    meta: { align: "end", line: true },
    cell: ({ row: { original: person } }) => <Actions person={person} />,
  }),
])

export function PeoplePage() {
  useTitle("People")
  const [making, setMaking] = useState(false)
  const query = useQuery(peopleQuery)
  const people = query.data?.items ?? []
  return (
    <>
      <PageHeader
        title="People"
        lead="Who may sign in, what they may do, and on which satellites. A change works at once."
        actions={
          <Only who="createPerson">
            <Button kind="primary" onPress={() => setMaking(true)}>
              <Plus aria-hidden className="size-3.5" />
              New person
            </Button>
          </Only>
        }
      />
      <Panel>
        {query.isPending ? (
          <LoadingRows what="people" rows={3} />
        ) : query.isError && people.length === 0 ? (
          <LoadFailed
            what="The list of people"
            error={query.error}
            retry={query.refetch}
            retrying={query.isFetching}
          />
        ) : (
          <DataTable label="People" columns={columns} rows={people} rowKey={({ id }) => id} />
        )}
      </Panel>
      {making ? <PersonForm onClose={() => setMaking(false)} /> : null}
    </>
  )
}

type Open = "edit" | "reset" | "delete" | "password"

function Actions({ person }: { readonly person: Person }) {
  const client = useQueryClient()
  const { data: session } = useQuery(sessionQuery)
  const [open, setOpen] = useState<Open>()
  const [password, setPassword] = useState("")
  const close = () => setOpen(undefined)
  const isMe = session?.personId === person.id
  const toggle = useMutation({
    mutationFn: () =>
      call("editPerson", {
        params: { id: person.id },
        body: { version: person.version, disabled: !person.disabled },
      }),
    onSuccess: async () => {
      say(`${person.name} is ${person.disabled ? "enabled" : "disabled"}.`)
      await client.invalidateQueries({ queryKey: keys.people })
    },
    onError: () => complain(`${person.name} was not changed. Is this the last admin?`),
  })
  return (
    <span className="inline-flex flex-wrap gap-1.5 @[60rem]:justify-end">
      <Button small aria-label={`Edit ${person.name}`} onPress={() => setOpen("edit")}>
        Edit
      </Button>
      <Button
        small
        aria-label={`Give ${person.name} another password`}
        onPress={() => setOpen("reset")}
      >
        Reset password
      </Button>
      {isMe ? null : (
        <>
          <Button
            small
            isPending={toggle.isPending}
            aria-label={`${person.disabled ? "Enable" : "Disable"} ${person.name}`}
            onPress={() => toggle.mutate()}
          >
            {person.disabled ? "Enable" : "Disable"}
          </Button>
          <Button
            small
            kind="danger"
            aria-label={`Delete ${person.name}`}
            onPress={() => setOpen("delete")}
          >
            Delete
          </Button>
        </>
      )}
      {open === "edit" ? <PersonForm person={person} onClose={close} /> : null}
      {open === "reset" ? (
        <DeleteNamed
          title={`Give ${person.name} another password?`}
          verb="Reset password"
          verbing="Resetting…"
          done={`${person.name} has another password.`}
          run={async () => {
            const made = await call("resetPassword", { params: { id: person.id }, body: {} })
            setPassword(made.password ?? "")
          }}
          stale={keys.people}
          onClose={close}
          onDone={() => setOpen("password")}
        >
          One is made up and shown once. All sessions of this person end; API tokens stay.
        </DeleteNamed>
      ) : null}
      {open === "password" ? (
        <SecretOnce
          title={`Password of ${person.name}`}
          what="password"
          secret={password}
          hint="They can change it under “My account”."
          onClose={close}
        />
      ) : null}
      {open === "delete" ? (
        <DeleteNamed
          title={`Delete ${person.name}?`}
          verb="Delete"
          verbing="Deleting…"
          done={`${person.name} is deleted.`}
          run={() => call("deletePerson", { params: { id: person.id } })}
          stale={keys.people}
          onClose={close}
        >
          All sessions and API tokens of this person end. What they did stays in the audit.
        </DeleteNamed>
      ) : null}
    </span>
  )
}
