/** What a route's handler is: it gets what was parsed and who asks, and gives an answer or a refusal. */
import type { Database } from "#io/postgres/sql.ts"
import type { Answer, Received, RouteName, Routes } from "#wire/rest/routes.ts"
import type { Caller } from "../auth/access.ts"
import type { ProviderConfig } from "../auth/provider-config.ts"
import type { SignIn } from "../auth/sign-in.ts"
import type { Outcome } from "../refusal.ts"
import type { SecretBox } from "../secrets/secret-box.ts"

export type Call<Who> = {
  readonly caller: Who
  readonly address: string
  readonly userAgent: string | undefined
  readonly requestId: string
  /** The session cookie: what came, and what shall be set. */
  readonly session: {
    readonly given: string | undefined
    readonly set: (token: string, expiresAt: Date) => void
    readonly clear: () => void
  }
}

type WhoMay<N extends RouteName> = Routes[N]["access"] extends "anyone" ? undefined : Caller

export type Handler<N extends RouteName> = (
  received: Received<N>,
  call: Call<WhoMay<N>>,
) => Promise<Outcome<Answer<N>>>

export type Handlers = { readonly [N in RouteName]: Handler<N> }

export type Services = {
  readonly database: Database
  readonly signIn: SignIn
  readonly provider: ProviderConfig | undefined
  readonly secrets: SecretBox
}
