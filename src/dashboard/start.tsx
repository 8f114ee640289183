/** Composes the dashboard: query client, live connection, router. Loaded by main.ts. */
import "@fontsource-variable/inter/wght.css"
import "./styles/base.css"
import { StrictMode } from "react"
import { createRoot } from "react-dom/client"
import { present } from "#core/assert.ts"
import { createFleet } from "./api/fleet.ts"
import { App } from "./app.tsx"

const fleet = createFleet(() => {
  const scheme = location.protocol === "https:" ? "wss" : "ws"
  return new WebSocket(`${scheme}://${location.host}/api/v1/live`)
})
export function start(): void {
  const root = present(document.getElementById("root") ?? undefined, "index.html has #root")
  createRoot(root).render(
    <StrictMode>
      <App fleet={fleet} />
    </StrictMode>,
  )
}
