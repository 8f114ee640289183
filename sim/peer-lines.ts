/** The peer protocol over the world's network: the real answers, reached by address, with the caller's timeouts. */
import { create } from "@bufbuild/protobuf"
import { Code, ConnectError } from "@connectrpc/connect"
import { PeerService } from "#wire/peer.ts"
import type { Dial, PeerLine } from "../src/failover/dial.ts"
import type { PeerAnswers } from "../src/failover/peer-server.ts"
import type { Network } from "./network.ts"
import type { Process } from "./process.ts"
import type { PodName } from "#core/ids.ts"
import type { Dice } from "./dice.ts"

export type Callee = {
  readonly pod: PodName
  readonly process: Process
  readonly answers: PeerAnswers
}

type Limits = { readonly timeoutMs?: number; readonly signal?: AbortSignal }

/** Lines of the sidecar `from`, in the process `process`. */
export function dialler(
  from: PodName,
  process: Process,
  network: Network,
  dice: Dice,
  calleeAt: (address: string) => Callee | undefined,
): Dial {
  const call = <A>(
    address: string,
    { timeoutMs = 5000, signal }: Limits,
    ask: (answers: PeerAnswers) => Promise<A>,
  ): Promise<A> =>
    new Promise<A>((resolve, reject) => {
      const cancel = process.after(timeoutMs, () =>
        reject(new ConnectError("no answer in time", Code.DeadlineExceeded)),
      )
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true })
      const callee = calleeAt(address)
      if (callee === undefined) return
      const arrive = (heard: boolean): void =>
        callee.process.deliver(() => {
          const back = (run: () => void): void => {
            if (heard) network.send(callee.pod, from, () => process.deliver(run))
          }
          ask(callee.answers).then(
            (answer) =>
              back(() => {
                cancel()
                resolve(answer)
              }),
            (failure: unknown) => back(() => reject(failure)),
          )
        })
      network.send(from, callee.pod, () => arrive(true))
      if (network.twice > 0 && dice.chance(network.twice))
        network.send(from, callee.pod, () => arrive(false))
    })
  return (address) => {
    const { status, pledge, vote } = PeerService.method
    const line: PeerLine = {
      status: async (request, limits = {}) =>
        create(
          status.output,
          await call(address, bounds(limits), (to) => to.status(create(status.input, request))),
        ),
      pledge: async (request, limits = {}) =>
        create(
          pledge.output,
          await call(address, bounds(limits), (to) => to.pledge(create(pledge.input, request))),
        ),
      vote: async (request, limits = {}) =>
        create(
          vote.output,
          await call(address, bounds(limits), (to) => to.vote(create(vote.input, request))),
        ),
      [Symbol.dispose]: () => undefined,
    }
    return line
  }
}

const bounds = ({
  timeoutMs,
  signal,
}: {
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}): Limits => ({
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
  ...(signal === undefined ? {} : { signal }),
})
