/** What the sidecar says to the satellite, and which of its commands it obeys. None of them can break S1. */
import { secretKey } from "#core/names.ts"
import { seconds } from "#core/units.ts"
import { type CommandOutcome, sidecarProtocolVersion } from "#core/cluster/sidecar.ts"
import type { Parts } from "./assemble.ts"
import { readSecret } from "./config.ts"
import { runSatelliteStream } from "./satellite-stream.ts"

const checkpointWithin = seconds(25)

export function talkToSatellite(parts: Parts, signal: AbortSignal): Promise<void> {
  const { clock, log, config, podConfig, board, outbox } = parts
  return runSatelliteStream(
    {
      clock,
      log,
      identity: {
        cluster: config.cluster,
        namespace: config.namespace,
        pod: config.pod,
        podUid: config.podUid,
        protocolVersion: sidecarProtocolVersion,
      },
      target: async () => ({
        address: podConfig.current.satelliteAddress,
        token: (await readSecret(config, secretKey.sidecarToken)).trim(),
        ca: await readSecret(config, secretKey.satelliteCa),
      }),
      status: () => board.status,
      onStatus: (heard) => board.onChange(heard),
      outbox,
      perform: (command, stop) =>
        command.kind === "get-status" ? Promise.resolve(status(parts)) : checkpoint(parts, stop),
      setLogLevel: (level) => log.setLevel(level),
      chance: Math.random,
    },
    signal,
  )
}

const status = ({ board }: Parts): CommandOutcome => ({
  kind: "done",
  output: JSON.stringify(board.status, (_, value: unknown) =>
    typeof value === "bigint" ? value.toString() : value,
  ),
})

async function checkpoint(
  { observe, server }: Parts,
  signal: AbortSignal,
): Promise<CommandOutcome> {
  const { kind } = observe().server
  if (kind !== "primary" && kind !== "standby")
    return { kind: "failed", code: "NOT_RUNNING", message: "no server runs here" }
  await server.patient(checkpointWithin, (_, script) => script("checkpoint"), signal)
  return { kind: "done", output: "checkpoint done" }
}
