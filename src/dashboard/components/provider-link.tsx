/** The way in through the identity provider, where there is one; it comes back to `to`. */
import { useQuery } from "@tanstack/react-query"
import { isOwnPath } from "#core/access/own-path.ts"
import { signInOptionsQuery } from "../api/queries.ts"

export function ProviderLink({ to, after }: { readonly to: string; readonly after: string }) {
  const { data: options } = useQuery(signInOptionsQuery)
  const provider = options?.provider ?? null
  if (provider === null) return null
  const query = to === "/" || !isOwnPath(to) ? "" : `?to=${encodeURIComponent(to)}`
  return (
    <>
      <a
        href={`${provider.signInUrl}${query}`}
        className="mb-4 flex h-9 items-center justify-center rounded-md border border-control px-3 text-sm font-medium hover:bg-hover"
      >
        Sign in with {provider.name}
      </a>
      <p className="mb-4 text-center text-xs text-ink-3">{after}</p>
    </>
  )
}
