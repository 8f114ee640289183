/** Signing what a satellite asks for, where central speaks TLS. */
import type { IssuedCertificate } from "#core/fleet/satellite.ts"
import type { SatelliteId } from "#core/ids.ts"
import { badMessage } from "./rpc-error.ts"
import type { Tls } from "../tls/tls.ts"

export async function certified(
  tls: Tls | undefined,
  satellite: SatelliteId,
  request: string | undefined,
): Promise<IssuedCertificate | undefined> {
  if (tls?.authorities === undefined || request === undefined) return undefined
  const certificate = await tls.authorities.certify(satellite, request, Date.now())
  if (certificate === undefined)
    throw badMessage([
      {
        field: "certificate_request",
        problem: "is no request for a P-256 key, signed by that key",
      },
    ])
  return { certificate, authorities: tls.bundle }
}
