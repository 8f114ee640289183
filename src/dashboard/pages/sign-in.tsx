/** The door. After it, the page that was asked for. */
import { getRouteApi, useRouter } from "@tanstack/react-router"
import { Logo } from "../components/logo.tsx"
import { SignInForm } from "../forms/sign-in-form.tsx"

const route = getRouteApi("/sign-in")

export function SignInPage() {
  const { to } = route.useSearch()
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
