/** Rollouts and freeze windows: every change by REST is in the audit. */
import { auditOf, bodyOf } from "../fixtures/audited-routes.ts"

const why = { reason: "so" }

auditOf("rollouts", {
  recorded: {
    createRollout: ["create", "after", async (w) => ({ body: await w.twoVersions() })],
    pauseRollout: ["pause", "both", async (w) => ({ ...(await w.rollout()), body: why })],
    resumeRollout: [
      "resume",
      "both",
      async (w) => {
        const { params } = await w.rollout()
        await w.api.ok("pauseRollout", { params, body: why })
        return { params }
      },
    ],
    passRolloutGate: [
      "pass-gate",
      "both",
      async (w) => ({ ...(await w.gatedRollout()), body: { stage: 0 } }),
    ],
    haltRollout: ["halt", "both", async (w) => ({ ...(await w.rollout()), body: why })],
    rollBackRollout: ["roll-back", "both", async (w) => ({ ...(await w.rollout()), body: why })],
    cancelRollout: ["cancel", "both", async (w) => ({ ...(await w.rollout()), body: why })],
    createFreezeWindow: [
      "create",
      "after",
      bodyOf({
        name: "the-christmas",
        selector: { frozen: "never" },
        time: { kind: "once", from: "2031-12-24T00:00:00Z", until: "2031-12-27T00:00:00Z" },
      }),
    ],
    editFreezeWindow: [
      "edit",
      "both",
      async (w) => {
        const { id, version } = await w.freezeWindow()
        return { params: { id }, body: { version, name: w.name() } }
      },
    ],
    deleteFreezeWindow: [
      "delete",
      "before",
      async (w) => ({ params: { id: (await w.freezeWindow()).id } }),
    ],
  },
  unrecorded: {
    previewRollout: [
      "says what a rollout would move",
      async (w) => ({ body: await w.twoVersions() }),
    ],
  },
})
