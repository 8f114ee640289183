/** What every page stands in; also what the component tests render. */
import { QueryClientProvider } from "@tanstack/react-query"
import { RouterProvider } from "@tanstack/react-router"
import { useState } from "react"
import { I18nProvider } from "react-aria-components"
import { LiveContext } from "./api/context.ts"
import type { Fleet } from "./api/fleet.ts"
import { createPages } from "./routes.tsx"

export function App({ fleet }: { readonly fleet: Fleet }) {
  const [router] = useState(() => createPages({ client: fleet.client, live: fleet.live }))
  return (
    <I18nProvider locale="en-GB">
      <QueryClientProvider client={fleet.client}>
        <LiveContext value={fleet.live}>
          <RouterProvider router={router} />
        </LiveContext>
      </QueryClientProvider>
    </I18nProvider>
  )
}
