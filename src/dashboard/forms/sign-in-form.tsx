/** Name and password, and what is wrong when they do not open the door. */
import { zodResolver } from "@hookform/resolvers/zod"
import { useMutation, useQueryClient } from "@tanstack/react-query"
import { Controller, useForm } from "react-hook-form"
import { signInBody } from "#wire/rest/access.ts"
import { call } from "../api/client.ts"
import { CallFailed, type Failure, sentence } from "../api/failure.ts"
import { keys } from "../api/queries.ts"
import { Button } from "../ui/button.tsx"
import { TextField } from "../ui/field.tsx"
import { countText } from "../ui/format.ts"
import { Notice } from "../ui/notice.tsx"

type Props = {
  /** Filled in where the person is known: a session that ran out. */
  readonly user?: string
  readonly onDone: () => void
}

export function SignInForm({ user = "", onDone }: Props) {
  const client = useQueryClient()
  const form = useForm({ resolver: zodResolver(signInBody), defaultValues: { user, password: "" } })
  const signIn = useMutation({
    mutationFn: (body: { user: string; password: string }) => call("signIn", { body }),
    onSuccess: (session) => {
      client.setQueryData(keys.session, session)
      onDone()
    },
    onError: () => form.setFocus("password", { shouldSelect: true }),
  })
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => void form.handleSubmit((body) => signIn.mutate(body))(event)}
    >
      {signIn.error === null ? null : (
        <Notice tone="bad" alert>
          {signIn.error instanceof CallFailed
            ? signInWords(signIn.error.failure)
            : "The page made a mistake. Reload it, please."}
        </Notice>
      )}
      <Controller
        control={form.control}
        name="user"
        render={({ field, fieldState }) => (
          <TextField
            label="User"
            name="username"
            autoComplete="username"
            autoFocus={user === ""}
            value={field.value}
            onChange={field.onChange}
            onBlur={field.onBlur}
            inputRef={field.ref}
            error={fieldState.error === undefined ? undefined : "Enter your user name"}
          />
        )}
      />
      <Controller
        control={form.control}
        name="password"
        render={({ field, fieldState }) => (
          <TextField
            label="Password"
            name="password"
            type="password"
            autoComplete="current-password"
            autoFocus={user !== ""}
            value={field.value}
            onChange={field.onChange}
            onBlur={field.onBlur}
            inputRef={field.ref}
            error={fieldState.error === undefined ? undefined : "Enter your password"}
          />
        )}
      />
      <Button type="submit" kind="primary" className="mt-1 h-9" isPending={signIn.isPending}>
        {signIn.isPending ? "Signing in…" : "Sign in"}
      </Button>
    </form>
  )
}

export function signInWords(failure: Failure): string {
  if (failure.kind !== "refused") return sentence(failure)
  switch (failure.problem.status) {
    case 401:
      return "User or password is wrong."
    case 429:
      return failure.retryAfter === undefined
        ? "Too many tries. Wait a little before the next one."
        : `Too many tries. Wait ${countText(failure.retryAfter, "second")} before the next one.`
    default:
      return sentence(failure)
  }
}
