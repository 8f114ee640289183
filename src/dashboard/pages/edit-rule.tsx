/** Editing a deployment rule. Clusters that would be deleted by it are named and confirmed first. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import type { Rule } from "#wire/rest/profiles.ts"
import type { RulePreview } from "#wire/rest/rules.ts"
import { call } from "../api/client.ts"
import { CallFailed, refusedStatus } from "../api/failure.ts"
import { keys, ruleQuery } from "../api/queries.ts"
import { Crumbs } from "../components/crumbs.tsx"
import { LeaveGuard } from "../components/leave-guard.tsx"
import { LoadFailed } from "../components/load-failed.tsx"
import { MayNotNotice, Only } from "../components/only.tsx"
import { ClusterNames } from "../components/rule-preview.tsx"
import { ConfirmNamed } from "../forms/confirm-named.tsx"
import { carryOver } from "../forms/profile/carry-over.ts"
import { RuleEditor } from "../forms/rule/editor.tsx"
import { type RuleBody, ruleValues } from "../forms/rule/values.ts"
import { Button, ButtonLink } from "../ui/button.tsx"
import { countText } from "../ui/format.ts"
import { Notice } from "../ui/notice.tsx"
import { PageHeader, Panel } from "../ui/panel.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { say } from "../ui/toast.tsx"
import { useTitle } from "../ui/title.ts"
import { NotFound } from "./broken.tsx"

const route = getRouteApi("/signed-in/rules/$id")

export function EditRulePage() {
  const { id } = route.useParams()
  const query = useQuery(ruleQuery(id))
  useTitle(query.data?.name ?? "Rule")
  if (refusedStatus(query.error) === 404 || refusedStatus(query.error) === 400) return <NotFound />
  if (query.data !== undefined) return <EditRule key={id} newest={query.data} />
  return (
    <Panel>
      {query.isPending ? (
        <LoadingRows what="the rule" />
      ) : (
        <LoadFailed
          what="The rule"
          error={query.error}
          retry={query.refetch}
          retrying={query.isFetching}
        />
      )}
    </Panel>
  )
}

type ToSave = { readonly body: RuleBody; readonly deletes: RulePreview["ended"]["delete"] }

function EditRule({ newest }: { readonly newest: Rule }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [base, setBase] = useState(newest)
  const [values, setValues] = useState(() => ruleValues(newest))
  const [asked, ask] = useState<ToSave>()
  const send = ({ body, deletes }: ToSave) =>
    call("editRule", {
      params: { id: base.id },
      body: {
        version: base.version,
        ...body,
        ...(deletes.length === 0
          ? {}
          : { confirmedDeletes: deletes.map(({ clusterId }) => clusterId) }),
      },
    })
  const onDone = async (saved: Rule): Promise<void> => {
    client.setQueryData([...keys.rule, saved.id], saved)
    say(`Rule ${saved.name} is saved; every satellite is matched anew.`)
    await client.invalidateQueries({ queryKey: ["rules"] })
    await client.invalidateQueries({ queryKey: keys.clusters })
    await client.invalidateQueries({ queryKey: keys.overview })
    await navigate({ to: "/rules", ignoreBlocker: true })
  }
  const save = useMutation({
    mutationFn: send,
    onSuccess: onDone,
    onError: (error) => {
      if (error instanceof CallFailed && error.failure.kind === "refused")
        void client.invalidateQueries({ queryKey: [...keys.rule, base.id] })
    },
  })
  const isBehind = newest.version !== base.version && !save.isSuccess
  const isChanged = JSON.stringify(values) !== JSON.stringify(ruleValues(base))
  return (
    <>
      <PageHeader
        above={<Crumbs to="/rules" name="Deployment rules" />}
        title={`Edit ${base.name}`}
        lead="Saving matches every satellite anew, at once."
      />
      <MayNotNotice who="editRule">It can be read and tried here, but not saved</MayNotNotice>
      {isBehind ? (
        <Newer
          onTake={() => {
            setBase(newest)
            setValues(ruleValues(newest))
          }}
          onCarry={() => {
            setBase(newest)
            setValues(carryOver(ruleValues(base), values, ruleValues(newest)).merged)
          }}
        />
      ) : null}
      <RuleEditor
        values={values}
        onChange={setValues}
        ruleId={base.id}
        error={isBehind ? null : save.error}
        onSave={(body, preview) => {
          const deletes = preview?.ended.delete ?? []
          if (deletes.length > 0) ask({ body, deletes })
          else save.mutate({ body, deletes })
        }}
      >
        <LeaveGuard when={isChanged && !save.isSuccess && asked === undefined} />
        <ButtonLink to="/rules">Cancel</ButtonLink>
        <Only who="editRule">
          <Button
            type="submit"
            kind="primary"
            isDisabled={isBehind || !isChanged}
            isPending={save.isPending}
          >
            {save.isPending ? "Saving…" : "Save rule"}
          </Button>
        </Only>
      </RuleEditor>
      {asked === undefined ? null : (
        <ConfirmNamed
          title={`Delete ${countText(asked.deletes.length, "cluster")}?`}
          name={`delete ${countText(asked.deletes.length, "cluster")}`}
          verb="Save rule and delete them"
          verbing="Saving…"
          run={() => send(asked)}
          onDone={onDone}
          onClose={() => ask(undefined)}
        >
          <p className="mb-2">
            The rule would not match these any more, and it says that they are deleted then. Their
            data is removed for good.
          </p>
          <ClusterNames clusters={asked.deletes} />
        </ConfirmNamed>
      )}
    </>
  )
}

type NewerProps = { readonly onTake: () => void; readonly onCarry: () => void }

const Newer = ({ onTake, onCarry }: NewerProps) => (
  <Notice tone="warn" alert className="mb-4">
    <p>Somebody else saved this rule while you were editing. Nothing that you typed is lost.</p>
    <div className="mt-2 flex flex-wrap gap-2">
      <Button small onPress={onCarry}>
        Carry my changes over
      </Button>
      <Button small onPress={onTake}>
        Drop mine
      </Button>
    </div>
  </Notice>
)
