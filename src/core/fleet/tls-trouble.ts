/** What a failed handshake with central means for the person who must mend it, by the code that TLS gave. */

/** How the satellite was told to know central. */
export type Trust = {
  /** In words: where the authority came from, or that the system's are trusted. */
  readonly authority: string
  readonly name: string
}

const notItsAuthority = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_SIGNATURE_FAILURE",
])
/** Somebody answered, and it was no TLS. */
const noTls = new Set(["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"])

/** Undefined where `code` is not of TLS. */
export function tlsTrouble(code: string, { authority, name }: Trust): string | undefined {
  if (notItsAuthority.has(code))
    return `central's certificate is not signed by ${authority}: set PG_SWARM_CENTRAL_CA to what central's /api/v1/ca.pem gives, unless somebody else answers in its place`
  if (noTls.has(code))
    return "what answers speaks no TLS: begin PG_SWARM_CENTRAL_URL with http:// only if central was told PG_SWARM_TLS=off"
  switch (code) {
    case "CERT_HAS_EXPIRED":
      return "central's certificate has expired: renew it in central (or set this machine's clock)"
    case "CERT_NOT_YET_VALID":
      return "central's certificate is not valid yet: this machine's clock or central's is wrong"
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `central's certificate is for another name than ${name}: add that name in central (PG_SWARM_TLS_NAMES), or set PG_SWARM_CENTRAL_NAME to a name that it has`
    default:
      return undefined
  }
}
