/** Pages for when there is no page: an unknown address, a mistake of our own, central away at the start. */
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router"
import { CloudOff, Compass, TriangleAlert } from "lucide-react"
import type { ReactNode } from "react"
import { CallFailed, requestIdOf, sentence } from "../api/failure.ts"
import { Button, ButtonLink } from "../ui/button.tsx"
import { RequestId } from "../ui/states.tsx"
import { useTitle } from "../ui/title.ts"

export function NotFound() {
  useTitle("Not found")
  return (
    <Whole icon={<Compass aria-hidden className="size-5" />} title="There is no such page">
      <p>The address may be mistyped, or what it named has been deleted.</p>
      <div className="mt-5 flex justify-center gap-2">
        <ButtonLink to="/" kind="primary">
          Go to the overview
        </ButtonLink>
      </div>
    </Whole>
  )
}

export function Crashed({ error, reset }: ErrorComponentProps) {
  useTitle("Something broke")
  const router = useRouter()
  const again = (): void => {
    reset()
    void router.invalidate()
  }
  const failure = error instanceof CallFailed ? error.failure : undefined
  const id = failure === undefined ? undefined : requestIdOf(failure)
  return (
    <Whole
      icon={
        failure?.kind === "away" ? (
          <CloudOff aria-hidden className="size-5" />
        ) : (
          <TriangleAlert aria-hidden className="size-5" />
        )
      }
      title={failure?.kind === "away" ? "Central does not answer" : "This page broke"}
    >
      {failure === undefined ? (
        <>
          <p>It is a mistake in the dashboard, not in your databases: they go on without it.</p>
          <pre className="mt-3 overflow-x-auto rounded-md bg-sunken p-3 text-left font-mono text-xs">
            {error instanceof Error ? error.message : String(error)}
          </pre>
        </>
      ) : (
        <p>{sentence(failure)} Your databases go on without it.</p>
      )}
      <div className="mt-5 flex justify-center gap-2">
        <Button kind="primary" onPress={again}>
          Try again
        </Button>
        <Button onPress={() => globalThis.location.reload()}>Reload the page</Button>
      </div>
      {id === undefined ? null : (
        <div className="flex justify-center">
          <RequestId id={id} />
        </div>
      )}
    </Whole>
  )
}

type WholeProps = { readonly icon: ReactNode; readonly title: string; readonly children: ReactNode }

const Whole = ({ icon, title, children }: WholeProps) => (
  <div className="grid min-h-[60dvh] place-items-center px-4">
    <div className="max-w-md text-center text-sm text-ink-2">
      <span className="mx-auto mb-4 grid size-12 place-items-center rounded-full bg-active text-ink-2">
        {icon}
      </span>
      <h1 className="mb-1 text-xl font-semibold text-ink">{title}</h1>
      {children}
    </div>
  </div>
)
