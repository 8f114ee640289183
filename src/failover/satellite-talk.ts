/** The sidecar's side of the conversation with the satellite, put together. */
import { sidecarProtocolVersion } from "#core/cluster/sidecar.ts"
import { secretKey } from "#core/names.ts"
import type { Parts } from "./assemble.ts"
import { obey } from "./commands.ts"
import { readSecret } from "./config.ts"
import { runSatelliteStream } from "./satellite-stream.ts"

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
      handOvers: parts.handOvers,
      perform: (request, stop) => obey(parts, request, stop),
      setLogLevel: (level) => log.setLevel(level),
      chance: Math.random,
    },
    signal,
  )
}
