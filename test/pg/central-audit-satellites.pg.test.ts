/** Satellites: every change by REST is in the audit. */
import { auditOf } from "../fixtures/audited-routes.ts"

auditOf("satellites", {
  recorded: {
    approveSatellite: [
      "approve",
      "both",
      async (w) => ({ params: { id: (await w.pending()).id }, body: {} }),
    ],
    rejectSatellite: ["reject", "both", async (w) => ({ params: { id: (await w.pending()).id } })],
    editSatellite: [
      "edit",
      "both",
      async (w) => {
        const site = await w.approved()
        const version = await w.satelliteVersion(site)
        return { params: { id: site.id }, body: { version, labels: { region: "north" } } }
      },
    ],
    rotateSatelliteToken: [
      "rotate-token",
      "both",
      async (w) => ({ params: { id: (await w.approved()).id } }),
    ],
    revokeSatellite: [
      "revoke",
      "both",
      async (w) => ({ params: { id: (await w.approved()).id }, body: {} }),
    ],
    replaceSatellite: [
      "replace",
      "both",
      async (w) => {
        const [{ id }, { id: by }] = [await w.approved(), await w.pending()]
        return { params: { id }, body: { by } }
      },
    ],
    decommissionSatellite: [
      "decommission",
      "before",
      async (w) => ({ params: { id: (await w.approved()).id }, body: {} }),
    ],
    mapTiers: [
      "map-tiers",
      "both",
      async (w) => {
        const site = await w.approved()
        const version = await w.satelliteVersion(site)
        const { name } = await w.tier()
        return { params: { id: site.id }, body: { version, tiers: { [name]: "standard" } } }
      },
    ],
    putSatelliteMirror: [
      "set-image-mirror",
      "both",
      async (w) => {
        const site = await w.approved()
        const mirror = { kind: "own", registry: "mirror.example.org" }
        return {
          params: { id: site.id },
          body: { version: await w.satelliteVersion(site), mirror },
        }
      },
    ],
    putSatelliteLogLevel: [
      "set-log-level",
      "both",
      async (w) => ({ params: { id: (await w.approved()).id }, body: { level: "debug" } }),
    ],
  },
  unrecorded: {
    previewSatellite: [
      "says what an approval or an edit would do",
      async (w) => ({ params: { id: (await w.pending()).id }, body: { deed: "approve" } }),
    ],
    refreshStorageClasses: [
      "lets a site tell again what it has; what it has is not changed by it",
      async (w) => ({ params: { id: (await w.connected()).site.id } }),
    ],
  },
})
