/** Making a deployment rule, with what it would do shown while it is typed. */
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { getRouteApi, useNavigate } from "@tanstack/react-router"
import { useState } from "react"
import { call } from "../api/client.ts"
import { keys } from "../api/queries.ts"
import { Crumbs } from "../components/crumbs.tsx"
import { LeaveGuard } from "../components/leave-guard.tsx"
import { MayNotNotice, Only } from "../components/only.tsx"
import { RuleEditor } from "../forms/rule/editor.tsx"
import { freshRule, type RuleBody } from "../forms/rule/values.ts"
import { Button, ButtonLink } from "../ui/button.tsx"
import { PageHeader } from "../ui/panel.tsx"
import { say } from "../ui/toast.tsx"
import { useTitle } from "../ui/title.ts"

const route = getRouteApi("/signed-in/rules/new")

export function NewRulePage() {
  useTitle("New rule")
  const { profileId } = route.useSearch()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [begin] = useState(() => freshRule(profileId))
  const [values, setValues] = useState(begin)
  const create = useMutation({
    mutationFn: (body: RuleBody) => call("createRule", { body }),
    onSuccess: async (rule) => {
      say(`Rule ${rule.name} is made. Its clusters are on their way.`)
      await client.invalidateQueries({ queryKey: ["rules"] })
      await client.invalidateQueries({ queryKey: keys.clusters })
      await client.invalidateQueries({ queryKey: keys.overview })
      await navigate({ to: "/clusters", ignoreBlocker: true })
    },
  })
  return (
    <>
      <PageHeader
        above={<Crumbs to="/rules" name="Deployment rules" />}
        title="New rule"
        lead="One cluster on every approved satellite that carries these labels, now and later."
      />
      <MayNotNotice who="createRule">A rule can be tried here, but not made</MayNotNotice>
      <RuleEditor
        values={values}
        onChange={setValues}
        error={create.error}
        onSave={(body) => create.mutate(body)}
      >
        <LeaveGuard when={values !== begin && !create.isSuccess} />
        <ButtonLink to="/rules">Cancel</ButtonLink>
        <Only who="createRule">
          <Button type="submit" kind="primary" isPending={create.isPending}>
            {create.isPending ? "Making…" : "Make rule"}
          </Button>
        </Only>
      </RuleEditor>
    </>
  )
}
