/** The door. After it, the page that was asked for. */
import { getRouteApi, useRouter } from "@tanstack/react-router"
import { Logo } from "../components/logo.tsx"
import { ProviderLink } from "../components/provider-link.tsx"
import { SignInForm } from "../forms/sign-in-form.tsx"
import { Notice } from "../ui/notice.tsx"

const route = getRouteApi("/sign-in")

/** Why the way through the identity provider ended here. */
const failures: Readonly<Record<string, string>> = {
  PROVIDER_AWAY: "The identity provider does not answer. Sign in with a password, or try later.",
  NOT_PROVED: "The answer of the identity provider does not belong to this sign-in. Begin again.",
  NOT_ALLOWED: "None of your groups may use this central. Ask an admin.",
  NAME_TAKEN: "Somebody else has your name here already. Ask an admin.",
  DISABLED: "An admin has disabled your access.",
}

export function SignInPage() {
  const { to, failed } = route.useSearch()
  const router = useRouter()
  return (
    <main className="grid min-h-dvh place-items-center px-4 py-10">
      <div className="w-full max-w-88">
        <div className="mb-6 flex justify-center text-xl">
          <Logo />
        </div>
        <div className="surface p-6 shadow-raised">
          <h1 className="text-lg font-semibold">Sign in</h1>
          <p className="mt-0.5 mb-5 text-sm text-ink-2">PostgreSQL high availability at the edge</p>
          {failed === undefined ? null : (
            <Notice tone="bad" alert className="mb-4">
              {failures[failed] ?? "That did not work. Try again."}
            </Notice>
          )}
          <ProviderLink to={to ?? "/"} after="or with a password" />
          <SignInForm onDone={() => router.history.push(to ?? "/")} />
        </div>
        <p className="mt-4 px-2 text-center text-xs text-ink-3">
          The first password is printed once when central starts for the first time, or taken from{" "}
          <code className="font-mono">PG_SWARM_ADMIN_PASSWORD</code>.
        </p>
      </div>
    </main>
  )
}
