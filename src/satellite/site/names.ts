/** Names that only the satellite uses. */

/** Owner of what the satellite applies, in Kubernetes' book of field managers. */
export const fieldManager = "pg-swarm-satellite"
/** Lease that makes one satellite the live one. */
export const satelliteLease = "pg-swarm-satellite"
/** Secret with the authority and the certificate of the sidecar port. */
export const satelliteTlsSecret = "pg-swarm-satellite-tls"
/** ClusterRole that the satellite binds to itself in each namespace that it manages. */
export const namespaceRole = "pg-swarm-satellite-namespace"
/** Its service account, and the name of those bindings. */
export const satelliteAccount = "pg-swarm-satellite"
/** Keeps a volume while it may hold the last good copy (step 8). */
export const volumeFinalizer = "pg-swarm.io/protection"
