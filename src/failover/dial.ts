/** A line to another member's sidecar: mutual TLS under the one name that all members answer to. */
import { type Client, createClient } from "@connectrpc/connect"
import { peerServerName, port } from "#core/names.ts"
import { seconds } from "#core/units.ts"
import { formatHostPort } from "#io/config.ts"
import { openRpcClient } from "#io/rpc/client.ts"
import { peerMessageBytesMax, PeerService } from "#wire/peer.ts"
import type { Config, Secrets } from "./config.ts"
import { StandingLine } from "./standing-line.ts"

/** What a member asks of another; each call ends within its own timeout. */
export type PeerLine = Pick<Client<typeof PeerService>, "status" | "pledge" | "vote"> & Disposable

/** Opens a line to the sidecar at an address; nothing is sent before the first question. */
export type Dial = (address: string) => PeerLine

export const peerDialler =
  (config: Pick<Config, "cluster">, { peer }: Pick<Secrets, "peer">): Dial =>
  (address) => {
    const client = openRpcClient({
      url: `https://${formatHostPort({ host: address, port: port.peer })}`,
      authority: peer.ca,
      serverName: peerServerName(config.cluster),
      identity: { certificate: peer.certificate, key: peer.key },
      messageBytesMax: peerMessageBytesMax,
      pingEvery: seconds(5),
    })
    const { statuses, pledges, vote } = createClient(PeerService, client.transport)
    const statusLine = new StandingLine(statuses)
    const pledgeLine = new StandingLine(pledges)
    return {
      status: (request, options) => statusLine.ask(request, options),
      pledge: (request, options) => pledgeLine.ask(request, options),
      vote,
      [Symbol.dispose]: () => {
        statusLine[Symbol.dispose]()
        pledgeLine[Symbol.dispose]()
        client[Symbol.dispose]()
      },
    }
  }
