/** Storage tiers, sets of recovery rules and images: every change by REST is in the audit. */
import { auditOf, bodyOf } from "../fixtures/audited-routes.ts"

auditOf("catalogues", {
  recorded: {
    createStorageTier: ["create", "after", async (w) => ({ body: { name: w.name() } })],
    editStorageTier: [
      "edit",
      "both",
      async (w) => {
        const { name, version } = await w.tier()
        return { params: { name }, body: { version, description: "fast" } }
      },
    ],
    deleteStorageTier: [
      "delete",
      "before",
      async (w) => ({ params: { name: (await w.tier()).name } }),
    ],
    createRuleSet: [
      "create",
      "after",
      async (w) => ({ body: { name: w.name(), set: { rules: [] } } }),
    ],
    editRuleSet: [
      "edit",
      "both",
      async (w) => {
        const { id, version } = await w.ruleSet()
        return { params: { id }, body: { version, description: "ours" } }
      },
    ],
    deleteRuleSet: ["delete", "before", async (w) => ({ params: { id: (await w.ruleSet()).id } })],
    createImageVariant: ["create", "after", async (w) => ({ body: { name: w.name(), uid: 999 } })],
    editImageVariant: [
      "edit",
      "both",
      async (w) => {
        const { name, version } = await w.variant()
        return { params: { name }, body: { version, description: "ours" } }
      },
    ],
    deleteImageVariant: [
      "delete",
      "before",
      async (w) => ({ params: { name: (await w.variant()).name } }),
    ],
    createImage: [
      "create",
      "after",
      async (w) => {
        const { name: variant } = await w.variant()
        return { body: { variant, minor: "17.2", reference: "postgres:17.2" } }
      },
    ],
    editImage: [
      "edit",
      "both",
      async (w) => {
        const { id, version } = await w.image()
        return { params: { id }, body: { version, notes: "ours" } }
      },
    ],
    deleteImage: ["delete", "before", async (w) => ({ params: { id: (await w.image()).id } })],
    putImageMirror: [
      "edit",
      "both",
      async (w) => {
        const { version } = await w.api.ok("getImageMirror")
        return { body: { version, mirror: "mirror.example.org" } }
      },
    ],
  },
  unrecorded: {
    tryRuleSet: ["tries rules on a log that is sent along", bodyOf({ log: "" })],
  },
})
