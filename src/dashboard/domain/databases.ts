/** Databases in the words of the page, and what is typed about them as central takes it. */
import type { ClusterDatabase } from "#wire/rest/databases.ts"
import { createDatabaseBody, editDatabaseBody } from "#wire/rest/databases.ts"
import type { z } from "zod"
import type { Tone } from "../ui/tone.ts"

export function databaseLook(state: ClusterDatabase["state"]): {
  readonly word: string
  readonly tone: Tone
} {
  switch (state) {
    case "applied":
      return { word: "In force", tone: "good" }
    case "pending":
      return { word: "Pending", tone: "busy" }
    case "failed":
      return { word: "Failed", tone: "bad" }
    case "dropping":
      return { word: "Being dropped", tone: "warn" }
  }
}

export const reachText = (cidrs: readonly string[]): string =>
  cidrs.length === 0 ? "anywhere" : cidrs.join(", ")

export type DatabaseValues = {
  readonly name: string
  readonly owner: string
  /** Empty: one is made. */
  readonly password: string
  /** One on a line. */
  readonly cidrs: string
  readonly endSessions: boolean
}

export const emptyDatabase: DatabaseValues = {
  name: "",
  owner: "",
  password: "",
  cidrs: "",
  endSessions: true,
}

export const valuesOf = (database: ClusterDatabase): DatabaseValues => ({
  name: database.name,
  owner: database.owner,
  password: "",
  cidrs: database.allowedCidrs.join("\n"),
  endSessions: database.endSessions,
})

export type Mistakes = Readonly<Partial<Record<keyof DatabaseValues, string>>>
export type ReadDatabase<Body> =
  | { readonly kind: "ok"; readonly body: Body }
  | { readonly kind: "bad"; readonly mistakes: Mistakes }

const given = ({ owner, password, cidrs, endSessions }: DatabaseValues) => ({
  owner,
  ...(password === "" ? {} : { password }),
  allowedCidrs: linesOf(cidrs),
  endSessions,
})

const linesOf = (text: string): readonly string[] =>
  text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== "")

export const readNew = (
  values: DatabaseValues,
): ReadDatabase<z.output<typeof createDatabaseBody>> =>
  read(createDatabaseBody.safeParse({ name: values.name, ...given(values) }))

export const readEdited = (
  values: DatabaseValues,
  version: number,
): ReadDatabase<z.output<typeof editDatabaseBody>> =>
  read(editDatabaseBody.safeParse({ version, ...given(values) }))

function read<Body>(result: z.ZodSafeParseResult<Body>): ReadDatabase<Body> {
  if (result.success) return { kind: "ok", body: result.data }
  const mistakes: Partial<Record<keyof DatabaseValues, string>> = {}
  for (const { path, message } of result.error.issues) {
    const field = fields[String(path[0])]
    if (field !== undefined) mistakes[field] ??= message
  }
  return { kind: "bad", mistakes }
}

const fields: Readonly<Record<string, keyof DatabaseValues>> = {
  name: "name",
  owner: "owner",
  password: "password",
  allowedCidrs: "cidrs",
}
