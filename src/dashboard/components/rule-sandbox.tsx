/** Tries rules on a pasted log: which lines are messages, which rule takes each, and what would come of it. */
import { useMutation } from "@tanstack/react-query"
import { FlaskConical } from "lucide-react"
import { useState } from "react"
import type { SandboxAnswer } from "#wire/rest/rule-set-routes.ts"
import type { RuleSetBody } from "#wire/rule-set-schema.ts"
import { call } from "../api/client.ts"
import { tryLook, passedOverWords } from "../domain/sandbox.ts"
import { Badge } from "../ui/badge.tsx"
import { Button } from "../ui/button.tsx"
import { Checkbox } from "../ui/checkbox.tsx"
import { classNames } from "../ui/class-names.ts"
import { TextField } from "../ui/field.tsx"
import { Segments } from "../ui/segments.tsx"
import { Empty } from "../ui/states.tsx"
import { DeedFailed } from "./load-failed.tsx"

/** The set as it is in the editor, saved or not; undefined: the built-in rules. */
type Props = { readonly set: RuleSetBody | undefined }

const roles = [
  { value: "standby", name: "On a standby" },
  { value: "primary", name: "On the primary" },
] as const
type Role = (typeof roles)[number]["value"]

const example = [
  '2026-11-29 10:00:00.000 UTC [71] (checkpointer) PANIC:  could not write to file "pg_wal/xlogtemp.71": No space left on device',
  "2026-11-29 10:00:00.120 UTC [802] (client backend) ERROR:  division by zero",
  "2026-11-29 10:00:00.120 UTC [802] (client backend) STATEMENT:  select 1/0",
  "2026-11-29 10:00:04.310 UTC [77] (startup) WARNING:  page verification failed, calculated checksum 19827 but expected 21024",
].join("\n")

export function RuleSandbox({ set }: Props) {
  const [log, setLog] = useState("")
  const [role, setRole] = useState<Role>("standby")
  const [paused, setPaused] = useState(false)
  const attempt = useMutation({
    mutationFn: () =>
      call("tryRuleSet", { body: { log, role, paused, ...(set === undefined ? {} : { set }) } }),
  })
  return (
    <div className="flex flex-col gap-4">
      <TextField
        label="Log"
        mono
        lines={8}
        value={log}
        onChange={setLog}
        placeholder="Paste lines of a server's log, as kubectl logs shows them"
        help="At most 256 KiB. It is tried by the engine that runs in the sidecars; nothing is done and nothing is kept."
      />
      <div className="flex flex-wrap items-center gap-3">
        <Segments label="Whose log it is" choices={roles} value={role} onChange={setRole} />
        <Checkbox label="While the cluster is paused" value={paused} onChange={setPaused} />
        <span className="ml-auto flex gap-2">
          <Button onPress={() => setLog(example)}>Example</Button>
          <Button
            kind="primary"
            isDisabled={log.trim() === ""}
            isPending={attempt.isPending}
            onPress={() => attempt.mutate()}
          >
            <FlaskConical aria-hidden className="size-3.5" />
            {attempt.isPending ? "Trying…" : "Try"}
          </Button>
        </span>
      </div>
      <DeedFailed error={attempt.error} />
      <div aria-live="polite">
        {attempt.data === undefined ? null : <Findings found={attempt.data} />}
      </div>
    </div>
  )
}

const shownMax = 300

function Findings({ found }: { readonly found: SandboxAnswer }) {
  const [onlyTaken, setOnlyTaken] = useState(false)
  const takenCount = found.rules.reduce((sum, { taken }) => sum + taken, 0)
  if (found.messageCount === 0)
    return (
      <Empty icon={FlaskConical} title="No message of PostgreSQL's">
        None of the {found.lineCount} lines says its severity as PostgreSQL does: “LOG: ”, “ERROR:
        ”, and two spaces.
      </Empty>
    )
  const messages = found.messages.filter(({ taken }) => !onlyTaken || taken !== null)
  return (
    <div className="flex flex-col gap-3">
      <p className="text-sm text-ink-2">
        {count(found.lineCount, "line")}, {count(found.messageCount, "message")}; rules take{" "}
        {takenCount}.{" "}
        {found.asideCount === 0
          ? ""
          : `${count(found.asideCount, "line")} of details and statements are not looked at. `}
        {found.strangeCount === 0
          ? ""
          : `${count(found.strangeCount, "line")} are no message of PostgreSQL's.`}
      </p>
      {found.rules.length === 0 ? null : (
        <ul className="flex flex-wrap gap-1.5">
          {found.rules.map(({ rule, taken, acted }) => (
            <li key={rule} className="tnum rounded-md bg-sunken px-2 py-0.5 text-xs">
              <span className="font-medium">{rule}</span> takes {taken}, acts {acted}
            </li>
          ))}
        </ul>
      )}
      <Checkbox label="Only messages that a rule takes" value={onlyTaken} onChange={setOnlyTaken} />
      <ol className="divide-y divide-line rounded-md border border-line">
        {messages.slice(0, shownMax).map((message) => (
          <Message key={message.firstLine} message={message} />
        ))}
      </ol>
      {messages.length > shownMax ? (
        <p className="text-xs text-ink-3">The first {shownMax} are shown.</p>
      ) : null}
    </div>
  )
}

const count = (many: number, what: string): string => `${many} ${what}${many === 1 ? "" : "s"}`

const edges = {
  act: "border-l-accent-fill bg-accent-soft/40",
  "only-told": "border-l-warn-fill bg-warn-soft/40",
  silent: "border-l-line-strong",
} as const

function Message({ message }: { readonly message: SandboxAnswer["messages"][number] }) {
  const { taken, others, firstLine, lastLine } = message
  return (
    <li
      className={classNames(
        "flex flex-col gap-1 border-l-4 px-3 py-2",
        taken === null ? "border-l-transparent" : edges[taken.verdict],
      )}
    >
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1 text-xs text-ink-3">
        <span className="tnum">
          {firstLine === lastLine ? `line ${firstLine}` : `lines ${firstLine}–${lastLine}`}
        </span>
        <span className="font-medium text-ink-2">{message.severity}</span>
        <span>
          {message.process ?? "process not known"}
          {message.isServer ? "" : ", may be a client's words"}
        </span>
      </div>
      <code className="font-mono text-xs break-words text-ink">{message.text}</code>
      {taken === null ? (
        <p className="text-xs text-ink-3">No rule takes it.</p>
      ) : (
        <p className="flex flex-wrap items-center gap-2 text-sm">
          <Badge tone={tryLook[taken.verdict].tone}>{tryLook[taken.verdict].word}</Badge>
          <span className="font-medium">{taken.rule}</span>
          <span className="text-ink-2">{taken.outcome}</span>
        </p>
      )}
      {others.length === 0 ? null : (
        <p className="text-xs text-ink-3">
          Also matched:{" "}
          {others.map(({ rule, why }) => `${rule} (${passedOverWords[why]})`).join(", ")}
        </p>
      )}
    </li>
  )
}
