/** ConfigMap `c-config`: what members take over by a reload, and the supervisor's script. */
import { pgHba } from "#core/cluster/hba.ts"
import { postgresqlConf } from "#core/cluster/parameters.ts"
import type { ClusterSpec } from "#core/cluster/spec.ts"
import { type KubeObject, objectMetadata } from "#core/manifests/object.ts"
import { configKey, objectNames } from "#core/names.ts"

/** Files that the core cannot make: the script, and `pod.json`, whose schema belongs to the wire. */
export type Delivered = { readonly supervisor: string; readonly podConfig: string }

export const configMap = (spec: ClusterSpec, delivered: Delivered): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: objectMetadata(spec, objectNames(spec.name).configMap),
  data: {
    [configKey.postgresqlConf]: postgresqlConf(spec),
    [configKey.hba]: pgHba(spec),
    [configKey.supervisor]: delivered.supervisor,
    [configKey.podConfig]: delivered.podConfig,
  },
})
