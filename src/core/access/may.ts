/** Whether somebody may do what a route does. Asked by central for each request, and by the dashboard to show no button in vain. */
import { isAtLeast, lower, type Role } from "#core/access/role.ts"
import { inWords, isWholeFleet, type Scope } from "#core/access/scope.ts"

export type Standing = { readonly role: Role; readonly scope: Scope }

/** What a route asks for. `fleet` reaches beyond any label: a profile or a rule concerns every satellite. */
export type Needed = { readonly role: Role; readonly reach: "scope" | "fleet" }

export type Verdict =
  | { readonly kind: "may" }
  | {
      readonly kind: "may-not"
      readonly code: "ROLE_TOO_LOW" | "SCOPE_TOO_NARROW"
      readonly why: string
    }

export function may({ role, scope }: Standing, needed: Needed): Verdict {
  if (!isAtLeast(role, needed.role))
    return {
      kind: "may-not",
      code: "ROLE_TOO_LOW",
      why: `this needs the role ${needed.role}; yours is ${role}`,
    }
  if (needed.reach === "fleet" && !isWholeFleet(scope))
    return {
      kind: "may-not",
      code: "SCOPE_TOO_NARROW",
      why: `this reaches the whole fleet; you may act on satellites with ${inWords(scope)} only`,
    }
  return { kind: "may" }
}

/** What a token may: never more than its owner may now, however much it was given when it was made. */
export const narrowed = (owner: Standing, token: Standing): Standing => ({
  role: lower(owner.role, token.role),
  scope: [...owner.scope, ...token.scope],
})
