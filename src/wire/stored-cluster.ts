/**
 * A cluster's desired state as the satellite keeps it in a ConfigMap: protobuf's own JSON of the message
 * that came from central, so that both have one schema and people can read it. Secrets are left out.
 */
import { fromJsonString, toJsonString } from "@bufbuild/protobuf"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import type { Parsed } from "#core/parsed.ts"
import { encodeClusterConfig, parseClusterConfig } from "./cluster-config.ts"
import { ClusterConfigSchema } from "./gen/pgswarm/v1/config_pb.ts"

export const storeCluster = (spec: ClusterSpec): string =>
  toJsonString(ClusterConfigSchema, encodeClusterConfig(withoutSecrets(spec)), { prettySpaces: 2 })

const withoutSecrets = (spec: ClusterSpec): ClusterSpec =>
  spec.databases === undefined
    ? spec
    : {
        ...spec,
        databases: {
          ...spec.databases,
          roles: spec.databases.roles.map((role) => ({ ...role, verifier: undefined })),
        },
      }

export function readStoredCluster(text: string): Parsed<ClusterSpec> {
  try {
    // Fields of a newer satellite are skipped: after a downgrade the site still knows its clusters.
    return parseClusterConfig(
      fromJsonString(ClusterConfigSchema, text, { ignoreUnknownFields: true }),
    )
  } catch (failure) {
    const problem = failure instanceof Error ? failure.message : String(failure)
    return { kind: "bad", problems: [{ field: "config", problem }] }
  }
}
