/** Clusters, their databases and operations: every change by REST is in the audit. */
import { auditOf } from "../fixtures/audited-routes.ts"

auditOf("clusters", {
  recorded: {
    editCluster: [
      "edit",
      "both",
      async (w) => {
        const { params } = await w.cluster()
        const { version, deletionProtected } = await w.api.ok("getCluster", { params })
        return { params, body: { version, deletionProtected: !deletionProtected } }
      },
    ],
    pauseCluster: [
      "pause",
      "both",
      async (w) => ({ params: (await w.cluster()).params, body: { reason: "so" } }),
    ],
    resumeCluster: [
      "resume",
      "both",
      async (w) => {
        const { params } = await w.cluster()
        await w.api.ok("pauseCluster", { params, body: {} })
        return { params }
      },
    ],
    deleteCluster: [
      "delete",
      "both",
      async (w) => {
        const { params } = await w.cluster()
        const { version, deletionProtected } = await w.api.ok("getCluster", { params })
        if (deletionProtected)
          await w.api.ok("editCluster", { params, body: { version, deletionProtected: false } })
        return { params }
      },
    ],
    putClusterLogLevel: [
      "set-log-level",
      "both",
      async (w) => ({ params: (await w.cluster()).params, body: { level: "debug" } }),
    ],
    createDatabase: [
      "create",
      "after",
      async (w) => ({ params: (await w.cluster()).params, body: { name: "shop", owner: "shop" } }),
    ],
    editDatabase: [
      "edit",
      "both",
      async (w) => {
        const { params, database } = await w.database()
        return { params, body: { version: database.version, allowedCidrs: ["10.0.0.0/8"] } }
      },
    ],
    rotateDatabasePassword: [
      "rotate-password",
      "both",
      async (w) => {
        const { params, database } = await w.database()
        return { params, body: { version: database.version } }
      },
    ],
    dropDatabase: [
      "drop",
      "both",
      async (w) => {
        const { params, database } = await w.database()
        return { params, body: { version: database.version, name: "shop" } }
      },
    ],
    startSwitchover: [
      "start",
      "after",
      async (w) => ({ params: (await w.cluster()).params, body: { to: "orders-1" } }),
    ],
    fenceCluster: [
      "start",
      "after",
      async (w) => ({ params: (await w.cluster()).params, body: { reason: "so" } }),
    ],
    unfenceCluster: ["start", "after", async (w) => ({ params: (await w.cluster()).params })],
    promoteMember: [
      "start",
      "after",
      async (w) => {
        const cluster = await w.cluster()
        await w.vacated(cluster)
        return { params: cluster.params, body: { to: "orders-1" } }
      },
    ],
    restartCluster: [
      "start",
      "after",
      async (w) => ({ params: (await w.cluster()).params, body: {} }),
    ],
    cancelOperation: [
      "cancel",
      "both",
      async (w) => {
        const { params } = await w.cluster()
        const { id } = await w.api.ok("startSwitchover", { params, body: {} })
        return { params: { id } }
      },
    ],
  },
})
