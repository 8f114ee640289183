/** Whether the addresses that the demo is about to use are free, said before anything was started. */
import { createServer } from "node:net"

export type Address = {
  readonly host: string
  readonly port: number
  /** What is going to listen there. */
  readonly purpose: string
}

/** One sentence for each address that can not be listened on. Port 0 is always free. */
export async function taken(addresses: readonly Address[]): Promise<readonly string[]> {
  const problems = await Promise.all(addresses.map(problemOf))
  return problems.filter((problem) => problem !== undefined)
}

async function problemOf({ host, port, purpose }: Address): Promise<string | undefined> {
  const code = await tryListen(host, port)
  if (code === undefined) return undefined
  if (code === "EADDRINUSE") return `${host}:${port} (${purpose}) is in use by another program`
  if (code === "EADDRNOTAVAIL") return `${host} (${purpose}) is no address of this machine`
  return `${host}:${port} (${purpose}) can not be listened on: ${code}`
}

/** The error's code, or undefined when it worked. */
const tryListen = (host: string, port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", (error) =>
      resolve("code" in error && typeof error.code === "string" ? error.code : error.message),
    )
    server.listen({ host, port, exclusive: true }, () => {
      server.close(() => resolve(undefined))
    })
  })
