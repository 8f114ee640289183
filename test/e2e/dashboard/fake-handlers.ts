/** What the stand-in answers, per route, from a fleet in memory. */
import { cascadeOf } from "./cascade.ts"
import { randomUUID } from "node:crypto"
import {
  clusterBelongs,
  eventBelongs,
  satelliteBelongs,
} from "../../../src/dashboard/domain/match.ts"
import { clusterStates } from "#core/cluster/state.ts"
import { isOver } from "#core/switchover/operation.ts"
import type { LiveMessage } from "#wire/live.ts"
import type { Operation } from "#wire/rest/operations.ts"
import type { Answer } from "#wire/rest/routes.ts"
import type { Cluster } from "#wire/rest/clusters.ts"
import { type Satellite, satelliteStates } from "#wire/rest/satellites.ts"
import { FakeRefusal, type Handlers, one, page } from "./fake-answers.ts"
import { catalogueHandlers, peopleHandlers } from "./fake-catalogue.ts"
import { databaseHandlers } from "./fake-databases.ts"
import { profileHandlers, ruleHandlers } from "./fake-intent.ts"
import { rolloutHandlers } from "./fake-rollouts.ts"
import { type FakeFleet } from "./fleet.ts"
import { ago, versionOf } from "./fleet-parts.ts"
import { command, switchover } from "./history.ts"

const ofAdmin = { personId: randomUUID(), personName: "admin" }

type Token = Answer<"listTokens">["items"][number]

export function createHandlers(fleet: FakeFleet, push: (message: LiveMessage) => void): Handlers {
  const tokens: Token[] = [
    {
      id: randomUUID(),
      name: "ci-pipeline",
      ...ofAdmin,
      prefix: "pgs_Vq3kZ0aB",
      role: "operator",
      scope: { region: "north" },
      createdAt: ago(900_000),
      expiresAt: ago(-2_000_000),
      lastUsedAt: ago(310),
    },
    {
      id: randomUUID(),
      name: "grafana",
      ...ofAdmin,
      prefix: "pgs_8fYw1LmP",
      role: "viewer",
      scope: {},
      createdAt: ago(4_000_000),
      expiresAt: null,
      lastUsedAt: null,
    },
  ]
  const session = () => ({
    personId: ofAdmin.personId,
    user: "admin",
    role: "admin" as const,
    scope: [],
    hasPassword: true,
    expiresAt: ago(-43_200),
  })
  const changed = (satellite: Satellite): Satellite => {
    fleet.satellites = fleet.satellites.map((each) => (each.id === satellite.id ? satellite : each))
    push({ kind: "satellite", satellite })
    return satellite
  }
  return {
    signIn: session,
    session,
    signOut: () => undefined,
    listTokens: ({ query }) => page(tokens, query),
    createToken: ({ body }) => {
      const token = {
        id: randomUUID(),
        name: body.name,
        ...ofAdmin,
        prefix: "pgs_tNew2345",
        role: body.role ?? ("admin" as const),
        scope: body.scope,
        createdAt: ago(0),
        expiresAt: body.expiresInDays === null ? null : ago(-86_400 * body.expiresInDays),
        lastUsedAt: null,
      }
      tokens.push(token)
      return { ...token, token: `pgs_${randomUUID().replaceAll("-", "")}` }
    },
    revokeToken: ({ params }) => {
      tokens.splice(tokens.indexOf(one(tokens, params.id)), 1)
    },
    overview: () => ({
      satellites: counts(satelliteStates, fleet.satellites),
      clusters: counts(clusterStates, fleet.clusters),
      observedAt: ago(0),
    }),
    listSatellites: ({ query }) => {
      const { labels = {}, ...filter } = query
      const isLabelled = (one: Satellite): boolean =>
        Object.entries(labels).every(([key, value]) => one.labels[key] === value)
      const found = fleet.satellites.filter((each) => satelliteBelongs(filter, each))
      return page(byName(found.filter(isLabelled)), query)
    },
    getSatellite: ({ params }) => one(fleet.satellites, params.id),
    previewSatellite: ({ params, body }) => {
      const { id: satelliteId, name: satelliteName } = one(fleet.satellites, params.id)
      const made = body.deed === "approve" ? fleet.rules.slice(0, 2) : []
      return cascadeOf(
        "create",
        made.map(({ name: ruleName, clusterName: name, namespace }) => ({
          clusterId: null,
          namespace,
          name,
          satelliteId,
          satelliteName,
          ruleName,
        })),
      )
    },
    approveSatellite: ({ params, body }) => {
      const satellite = one(fleet.satellites, params.id)
      return changed({
        ...satellite,
        name: body.name ?? satellite.name,
        labels: body.labels ?? satellite.labels,
        state: "connected",
        approvedAt: ago(0),
        lastSeenAt: ago(0),
        version: satellite.version + 1,
      })
    },
    rotateSatelliteToken: ({ params }) => {
      const satellite = one(fleet.satellites, params.id)
      return changed({
        ...satellite,
        identity: { ...satellite.identity, rotationAskedAt: ago(0) },
      })
    },
    revokeSatellite: ({ params, body }) => {
      const satellite = one(fleet.satellites, params.id)
      const revokedWhy = `revoked by admin${body.reason === undefined ? "" : `: ${body.reason}`}`
      return changed({
        ...satellite,
        state: "lost",
        identity: { ...satellite.identity, revokedAt: ago(0), revokedWhy },
      })
    },
    rejectSatellite: ({ params }) =>
      changed({ ...one(fleet.satellites, params.id), state: "rejected" }),
    editSatellite: ({ params, body }) => {
      const satellite = one(fleet.satellites, params.id)
      if (body.version !== satellite.version) {
        throw new FakeRefusal(409, "VERSION_CONFLICT", "somebody else changed this satellite")
      }
      return changed({
        ...satellite,
        name: body.name ?? satellite.name,
        labels: body.labels ?? satellite.labels,
        version: satellite.version + 1,
      })
    },
    listClusters: ({ query }) => {
      const { labels = {}, ...filter } = query
      const isLabelled = ({ satelliteId }: Cluster): boolean => {
        const { labels: own } = one(fleet.satellites, satelliteId)
        return Object.entries(labels).every(([key, value]) => own[key] === value)
      }
      const found = fleet.clusters.filter((each) => clusterBelongs(filter, each))
      return page(byName(found.filter(isLabelled)), query)
    },
    getCluster: ({ params }) => one(fleet.clusters, params.id),
    listRoleChanges: ({ params, query }) =>
      page(
        fleet.roleChanges.filter(
          ({ clusterId }) => clusterId === one(fleet.clusters, params.id).id,
        ),
        query,
      ),
    ...operationHandlers(fleet, push),
    ...catalogueHandlers(fleet),
    ...peopleHandlers(ofAdmin),
    ...databaseHandlers(fleet, push),
    deleteCluster: ({ params }) => {
      const cluster = {
        ...one(fleet.clusters, params.id),
        state: "deleting" as const,
        reason: "The site removes it.",
      }
      fleet.clusters = fleet.clusters.map((each) => (each.id === cluster.id ? cluster : each))
      push({ kind: "cluster", cluster })
      return cluster
    },
    listProfiles: ({ query }) => page(byName(fleet.profiles), query),
    getProfile: ({ params }) => one(fleet.profiles, params.id),
    createProfile: ({ body }) => {
      if (fleet.profiles.some((each) => each.name === body.name)) {
        throw new FakeRefusal(409, "NAME_TAKEN", `a profile named ${body.name} exists`)
      }
      const made = {
        ...body,
        id: randomUUID(),
        specVersion: 1,
        clusterCount: 0,
        createdAt: ago(0),
        updatedAt: ago(0),
        version: 1,
      }
      fleet.profiles.push(made)
      fleet.versions.push(versionOf(made, 1, made.spec, 0, ""))
      push({ kind: "refetch", resource: "profiles" })
      return made
    },
    ...profileHandlers(fleet, push),
    ...ruleHandlers(fleet, push),
    ...rolloutHandlers(fleet, push),
    editCluster: ({ params, body }) => {
      const before = one(fleet.clusters, params.id)
      const cluster = { ...before, ...body, version: before.version + 1 }
      fleet.clusters = fleet.clusters.map((each) => (each.id === cluster.id ? cluster : each))
      push({ kind: "cluster", cluster })
      return cluster
    },
    deleteProfile: ({ params }) => {
      const profile = one(fleet.profiles, params.id)
      if (fleet.rules.some((rule) => rule.profileId === profile.id) || profile.clusterCount > 0) {
        throw new FakeRefusal(
          409,
          "IN_USE",
          `profile ${profile.name} is used by ${profile.clusterCount} clusters`,
        )
      }
      fleet.profiles = fleet.profiles.filter((each) => each !== profile)
    },
    listRules: ({ query }) => page(byName(fleet.rules), query),
    createRule: ({ body }) => {
      const profile = one(fleet.profiles, body.profileId)
      const made = {
        ...body,
        id: randomUUID(),
        profileName: profile.name,
        clusterCount: 0,
        createdAt: ago(0),
        version: 1,
      }
      fleet.rules.push(made)
      push({ kind: "refetch", resource: "rules" })
      return made
    },
    deleteRule: ({ params }) => {
      fleet.rules = fleet.rules.filter((each) => each.id !== one(fleet.rules, params.id).id)
    },
    listEvents: ({ query }) =>
      page(
        fleet.events.filter((each) => eventBelongs(query, each)),
        query,
      ),
  }
}

type OperationNames =
  | "startSwitchover"
  | "fenceCluster"
  | "unfenceCluster"
  | "promoteMember"
  | "listOperations"
  | "getOperation"
  | "cancelOperation"

function operationHandlers(
  fleet: FakeFleet,
  push: (message: LiveMessage) => void,
): Pick<Handlers, OperationNames> {
  const changed = (operation: Operation): Operation => {
    fleet.operations = [operation, ...fleet.operations.filter(({ id }) => id !== operation.id)]
    push({ kind: "operation", operation })
    return operation
  }
  return {
    startSwitchover: ({ params, body }) => {
      const cluster = one(fleet.clusters, params.id)
      if (fleet.operations.some((each) => each.clusterId === cluster.id && !isOver(each.state)))
        throw new FakeRefusal(409, "OPERATION_RUNNING", "a switchover is running already")
      return changed(switchover(cluster, 0, { running: "check", target: body.to ?? null }))
    },
    fenceCluster: ({ params }) => changed(command(one(fleet.clusters, params.id), "fence", null)),
    unfenceCluster: ({ params }) =>
      changed(command(one(fleet.clusters, params.id), "unfence", null)),
    promoteMember: ({ params, body }) =>
      changed(command(one(fleet.clusters, params.id), "promote", body.to)),
    listOperations: ({ query }) =>
      page(
        fleet.operations.filter(
          ({ clusterId, state, kind, actor }) =>
            clusterId === (query.cluster ?? clusterId) &&
            state === (query.state ?? state) &&
            kind === (query.kind ?? kind) &&
            actor === (query.actor ?? actor),
        ),
        query,
      ),
    getOperation: ({ params }) => one(fleet.operations, params.id),
    cancelOperation: ({ params }) =>
      changed({ ...one(fleet.operations, params.id), state: "cancelled", endedAt: ago(0) }),
  }
}

const byName = <T extends { readonly name: string }>(items: readonly T[]): readonly T[] =>
  items.toSorted((a, b) => a.name.localeCompare(b.name, "en"))

const counts = <S extends string>(
  states: readonly S[],
  items: readonly { readonly state: S }[],
): Record<S, number> =>
  // Every state gets its entry.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  Object.fromEntries(
    states.map((state) => [state, items.filter((item) => item.state === state).length]),
  ) as Record<S, number>
