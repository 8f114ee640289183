/** The spec of a profile as REST and the database write it, as the core reads it. */
import type { ProfileSpec } from "#core/cluster/spec.ts"
import { bytes } from "#core/units.ts"
import type { ProfileSpecBody } from "#wire/rest/profiles.ts"
import { ruleSetOf } from "#wire/rule-set-schema.ts"

const volume = (body: ProfileSpecBody["data"]) => ({
  size: bytes(body.sizeBytes),
  storageClass: body.storageClass ?? undefined,
  tier: body.tier ?? undefined,
})

export const profileSpec = (body: ProfileSpecBody): ProfileSpec => ({
  members: body.members,
  postgres: {
    major: body.postgres.major,
    image: body.postgres.image,
    uid: body.postgres.uid ?? undefined,
    variant: body.postgres.variant ?? undefined,
    minor: body.postgres.minor ?? undefined,
  },
  data: volume(body.data),
  wal: body.wal === null ? undefined : volume(body.wal),
  resources: {
    cpuRequest: body.resources.cpuRequest ?? undefined,
    memoryRequest: body.resources.memoryRequest ?? undefined,
    cpuLimit: body.resources.cpuLimit ?? undefined,
    memoryLimit: body.resources.memoryLimit ?? undefined,
  },
  parameters: body.parameters,
  hba: body.hba,
  failover: { ...body.failover, maxLagBytes: body.failover.maxLagBytes ?? undefined },
  initialDatabases: body.databases,
  recovery:
    body.recovery === null || body.recovery === undefined ? undefined : ruleSetOf(body.recovery),
  recoveryRuleSetId: body.recoveryRuleSetId ?? undefined,
})
