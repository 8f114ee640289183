/** Who comes in and who may what: every change by REST is in the audit. */
import { auditOf } from "../fixtures/audited-routes.ts"

auditOf("access", {
  recorded: {
    signIn: [
      "sign-in",
      "after",
      async (w) => {
        const { name, password } = await w.person()
        return { body: { user: name, password }, by: { name } }
      },
    ],
    signOut: ["end", "before", async (w) => ({ by: await w.person() })],
    changePassword: [
      "change-password",
      "both",
      async (w) => {
        const person = await w.person()
        return {
          body: { current: person.password, password: "something else, as long" },
          by: person,
        }
      },
    ],
    endSession: [
      "end",
      "before",
      async (w) => {
        const { id: personId } = await w.person()
        const { items } = await w.api.ok("listSessions", { query: { personId } })
        return { params: { id: items[0]?.id ?? "" } }
      },
    ],
    createToken: ["create", "after", async (w) => ({ body: { name: w.name() } })],
    revokeToken: [
      "revoke",
      "before",
      async (w) => {
        const { id } = await w.api.ok("createToken", { body: { name: w.name() } })
        return { params: { id } }
      },
    ],
    createPerson: ["create", "after", async (w) => ({ body: { name: w.name(), role: "viewer" } })],
    editPerson: [
      "edit",
      "both",
      async (w) => {
        const { params, id } = await w.person()
        const { version } = await w.api.ok("getPerson", { params: { id } })
        return { params, body: { version, role: "viewer" } }
      },
    ],
    deletePerson: ["delete", "before", async (w) => ({ params: (await w.person()).params })],
    resetPassword: [
      "reset-password",
      "both",
      async (w) => ({ params: (await w.person()).params, body: {} }),
    ],
  },
})
