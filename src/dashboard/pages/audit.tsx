/** Every change that somebody made: who, when, by which request, and what was otherwise before. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import type { AuditEntry } from "#wire/rest/audit.ts"
import { type AuditSearch, auditExportUrl, auditQuery, auditWordsQuery } from "../api/queries.ts"
import { NothingMatches, PagedList } from "../components/paged.tsx"
import { fieldChanges } from "../domain/audit.ts"
import { Age } from "../ui/age.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { Select } from "../ui/select.tsx"
import { useTitle } from "../ui/title.ts"

const route = getRouteApi("/signed-in/audit")

const everything = { value: "", name: "All" }
const choices = (words: readonly string[] = []) => [
  everything,
  ...words.map((word) => ({ value: word, name: word })),
]

const ranges = [
  { value: "", name: "Any time" },
  { value: "day", name: "Last day" },
  { value: "week", name: "Last 7 days" },
  { value: "month", name: "Last 30 days" },
]

/** What the filters leave, as a file: the browser fetches it by itself, however long it is. */
const ExportLinks = ({ filter }: { readonly filter: AuditSearch }) => (
  <span className="flex items-center gap-3 text-sm">
    <span className="text-ink-3">Export</span>
    {(["csv", "ndjson"] as const).map((format) => (
      <a
        key={format}
        className="rounded-sm font-medium text-accent underline-offset-3 hover:underline"
        href={auditExportUrl(filter, format)}
        download
      >
        {format === "csv" ? "CSV" : "NDJSON"}
      </a>
    ))}
  </span>
)

export function AuditPage() {
  useTitle("Audit")
  const filter = route.useSearch()
  const navigate = useNavigate({ from: "/audit" })
  const { data: words } = useQuery(auditWordsQuery)
  const query = useInfiniteQuery(auditQuery(filter))
  const put = (change: Partial<Record<keyof AuditSearch, string>>): void =>
    void navigate({
      search: (old) => {
        const next = { ...old, ...change }
        return Object.fromEntries(Object.entries(next).filter(([, value]) => value !== ""))
      },
      replace: true,
    })
  return (
    <>
      <PageHeader
        title="Audit"
        lead="Every change that somebody asked for, newest first. Secrets are never in it."
        actions={<ExportLinks filter={filter} />}
      />
      <div className="mb-3 flex flex-wrap items-end gap-3">
        <Select
          className="w-44"
          label="Who"
          choices={choices(words?.actors)}
          value={filter.actor ?? ""}
          onChange={(actor) => put({ actor })}
        />
        <Select
          className="w-36"
          label="Action"
          choices={choices(words?.actions)}
          value={filter.action ?? ""}
          onChange={(action) => put({ action })}
        />
        <Select
          className="w-36"
          label="Resource"
          choices={choices(words?.resources)}
          value={filter.resource ?? ""}
          onChange={(resource) => put({ resource })}
        />
        <Select
          className="w-36"
          label="Time"
          choices={ranges}
          value={filter.range ?? ""}
          onChange={(range) => put({ range })}
        />
      </div>
      <Panel>
        <PagedList
          what="changes"
          query={query}
          empty={
            <NothingMatches one="change" onShowAll={() => navigate({ search: {}, replace: true })}>
              Nobody changed anything that fits these filters.
            </NothingMatches>
          }
        >
          {(entries) => (
            <ul className="divide-y divide-line" aria-label="Changes">
              {entries.map((entry) => (
                <Entry key={entry.serial} entry={entry} />
              ))}
            </ul>
          )}
        </PagedList>
      </Panel>
    </>
  )
}

function Entry({ entry }: { readonly entry: AuditEntry }) {
  const changes = fieldChanges(entry.before, entry.after)
  return (
    <li className="px-4 py-3 text-sm">
      <div className="flex items-baseline gap-4">
        <p className="flex min-w-0 flex-1 flex-wrap items-baseline gap-x-2">
          <span className="font-medium">{entry.actor}</span>
          {entry.token === null ? null : (
            <span className="text-xs text-ink-3">by token {entry.token}</span>
          )}
          <span className="text-ink-2">
            {entry.action} {entry.resource}
          </span>
          <span className="font-medium wrap-anywhere">{entry.resourceName}</span>
        </p>
        <span className="shrink-0 text-xs text-ink-3">
          <Age at={entry.at} />
        </span>
      </div>
      <details className="mt-1">
        <summary className="w-fit cursor-pointer rounded-sm text-xs text-accent">
          {changes.length === 0
            ? "Details"
            : changes.length === 1
              ? "1 field"
              : `${changes.length} fields`}
        </summary>
        <dl className="mt-2 grid gap-x-4 gap-y-1 font-mono text-xs sm:grid-cols-[minmax(8rem,auto)_1fr]">
          {changes.map(({ field, before, after }) => (
            <div key={field} className="contents">
              <dt className="break-all text-ink-3">{field}</dt>
              <dd className="min-w-0 break-all">
                {before === undefined ? null : (
                  <del className="text-bad no-underline">
                    <span aria-hidden>− </span>
                    <span className="sr-only">was </span>
                    {before}
                  </del>
                )}
                {before === undefined || after === undefined ? null : <br />}
                {after === undefined ? null : (
                  <ins className="text-good no-underline">
                    <span aria-hidden>+ </span>
                    <span className="sr-only">is </span>
                    {after}
                  </ins>
                )}
              </dd>
            </div>
          ))}
        </dl>
        <p className="mt-2 text-xs break-all text-ink-3">
          Request {entry.requestId ?? "none"}, from {entry.address ?? "central itself"};{" "}
          {entry.resource} {entry.resourceId}
        </p>
      </details>
    </li>
  )
}
