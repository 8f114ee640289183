/** People, and the record of what they changed. */
import * as z from "zod"
import * as people from "../intent/people.ts"
import { done, notFound } from "../refusal.ts"
import { auditWords, listAudit } from "../store/audit.ts"
import { listPeople, showPerson } from "../store/person.ts"
import { byName, page, readCursor } from "./cursor.ts"
import type { Handlers, Services } from "./handler.ts"

type Names =
  | "listPeople"
  | "getPerson"
  | "createPerson"
  | "editPerson"
  | "deletePerson"
  | "resetPassword"
  | "listAudit"
  | "auditWords"

const bySerial = z.tuple([z.string().regex(/^\d{1,15}$/)])

export const peopleHandlers = ({ database }: Services): Pick<Handlers, Names> => {
  const shown = async (id: string) => {
    const found = await showPerson(database.sql, id)
    return found === undefined ? notFound("person") : done(found)
  }
  return {
    listPeople: async ({ query }) => {
      const at = readCursor(query.cursor, byName)
      if (at.kind === "refused") return at
      const { search, role, limit } = query
      const found = await listPeople(database.sql, { search, role }, at.after, limit + 1)
      return done(page(found, limit, ({ name }) => [name]))
    },
    getPerson: async ({ params }) => shown(params.id),
    createPerson: async ({ body }, { caller }) => {
      const made = await people.createPerson(database, body, caller)
      if (made.kind === "refused") return made
      const person = await shown(made.value.id)
      return person.kind === "refused"
        ? person
        : done({ ...person.value, password: made.value.password ?? null })
    },
    editPerson: async ({ params, body }, { caller }) => {
      const edited = await people.editPerson(database, params.id, body, caller)
      return edited.kind === "refused" ? edited : shown(edited.value)
    },
    deletePerson: async ({ params }, { caller }) =>
      people.removePerson(database, params.id, caller),
    resetPassword: async ({ params, body }, { caller }) => {
      const reset = await people.resetPassword(database, params.id, body.password, caller)
      return reset.kind === "refused" ? reset : done({ password: reset.value ?? null })
    },
    listAudit: async ({ query }) => {
      const at = readCursor(query.cursor, bySerial)
      if (at.kind === "refused") return at
      const before = at.after === undefined ? undefined : Number(at.after[0])
      const { actor, action, resource, resourceId, requestId, since, until, limit } = query
      const filter = { actor, action, resource, resourceId, requestId, since, until }
      const found = await listAudit(database.sql, filter, before, limit + 1)
      return done(page(found, limit, ({ serial }) => [String(serial)]))
    },
    auditWords: async () => done(await auditWords(database.sql)),
  }
}
