/** Roles in the words of people who give them. */
import type { Role } from "#core/access/role.ts"

export const roleChoices: readonly {
  readonly value: Role
  readonly name: string
  readonly help: string
}[] = [
  { value: "viewer", name: "Viewer", help: "Reads everything in the scope" },
  {
    value: "operator",
    name: "Operator",
    help: "Also acts on clusters; without a scope also edits profiles and rules",
  },
  {
    value: "admin",
    name: "Admin",
    help: "Also lets people and satellites in, and reads the audit",
  },
]
