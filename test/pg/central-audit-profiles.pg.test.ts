/** Profiles, parameters and rules: every change by REST is in the audit. */
import { auditOf, bodyOf } from "../fixtures/audited-routes.ts"
import { smallSpec } from "../fixtures/central.ts"

auditOf("profiles", {
  recorded: {
    createProfile: [
      "create",
      "after",
      async (w) => ({ body: { name: w.name(), spec: smallSpec } }),
    ],
    deleteProfile: ["delete", "before", async (w) => ({ params: { id: (await w.profile()).id } })],
    editProfile: [
      "edit",
      "both",
      async (w) => {
        const { id, version } = await w.profile()
        return { params: { id }, body: { version, spec: { ...smallSpec, members: 5 } } }
      },
    ],
    revertProfile: [
      "edit",
      "both",
      async (w) => {
        const { id, version } = await w.profile()
        const edited = await w.api.ok("editProfile", {
          params: { id },
          body: { version, spec: { ...smallSpec, members: 5 } },
        })
        return { params: { id }, body: { version: edited.version, to: 1 } }
      },
    ],
    cloneProfile: [
      "create",
      "after",
      async (w) => ({ params: { id: (await w.profile()).id }, body: { name: w.name() } }),
    ],
    orderParameter: [
      "create",
      "after",
      async () => ({
        params: { name: "work_mem" },
        body: { major: 17, version: 0, order: "restart", note: "so" },
      }),
    ],
    createRule: ["create", "after", async (w) => ({ body: w.ruleBody((await w.profile()).id) })],
    editRule: [
      "edit",
      "both",
      async (w) => {
        const { id, version } = await w.rule()
        return { params: { id }, body: { version, clusterName: "other" } }
      },
    ],
    deleteRule: ["delete", "before", async (w) => ({ params: { id: (await w.rule()).id } })],
  },
  unrecorded: {
    checkProfile: ["says what is wrong with a spec", bodyOf({ spec: smallSpec })],
    previewImpact: [
      "says what a version would ask of clusters",
      async (w) => ({ params: { id: (await w.profile()).id, specVersion: "1" }, body: {} }),
    ],
    previewRule: [
      "says what a rule would match",
      bodyOf({ selector: { site: "none" }, clusterName: "orders", namespace: "databases" }),
    ],
  },
})
