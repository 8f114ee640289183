/** Serves the built dashboard from the stand-in: `node test/e2e/dashboard/serve.ts [port]`. */
import { join } from "node:path"
import { fakeCentral } from "./fake-central.ts"
import { exampleFleet } from "./fleet.ts"

const built = join(import.meta.dirname, "../../../dist/dashboard")
const central = await fakeCentral(exampleFleet(), built, Number(process.argv[2] ?? 8080))
console.log(`${central.url}  user admin, password "${central.password}"`)
