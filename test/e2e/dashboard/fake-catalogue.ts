/** What the stand-in shows beside the fleet: tiers, images, recovery rules and log levels; people, sessions and the audit. */
import { randomUUID } from "node:crypto"
import { builtInRules } from "#core/recovery/built-in.ts"
import { ruleCategories } from "#core/recovery/rule.ts"
import type { AuditEntry } from "#wire/rest/audit.ts"
import type { Image } from "#wire/rest/image-routes.ts"
import type { Person } from "#wire/rest/people.ts"
import type { WholeRuleSet } from "#wire/rest/rule-set-routes.ts"
import type { StorageTier } from "#wire/rest/storage-routes.ts"
import { ruleSetBody } from "#wire/rule-set-schema.ts"
import { type Handlers, one, page } from "./fake-answers.ts"
import { type FakeFleet } from "./fleet.ts"
import { ago } from "./fleet-parts.ts"

const month = 2_600_000
const digest = `sha256:${"3f7a".repeat(16)}`
const rules = ruleSetBody(builtInRules)

const image = (minor: string, variant: string, more: Partial<Image> = {}): Image => ({
  id: randomUUID(),
  variant,
  major: Number(minor.slice(0, 2)),
  minor,
  reference: `docker.io/library/postgres:${minor}${variant === "alpine" ? "-alpine" : ""}@${digest}`,
  isDefault: false,
  notes: "",
  profiles: [],
  clusterCount: 0,
  createdAt: ago(month),
  version: 1,
  ...more,
})

const tier = (name: string, description: string, more: Partial<StorageTier>): StorageTier => ({
  name,
  description,
  profiles: [],
  mappedCount: 0,
  satelliteCount: 0,
  createdAt: ago(month),
  version: 1,
  ...more,
})

export function catalogueHandlers({ satellites, profiles }: FakeFleet): Handlers {
  const using = profiles.slice(0, 1).map(({ id, name }) => ({ id, name }))
  const satelliteCount = satellites.filter(({ approvedAt }) => approvedAt !== null).length
  const tiers = [
    tier("bulk", "Large and slow: backups, archives", { satelliteCount, mappedCount: 3 }),
    tier("fast", "Local NVMe", {
      satelliteCount,
      mappedCount: satelliteCount - 1,
      profiles: using,
    }),
  ]
  const images = [
    image("17.2", "alpine", { isDefault: true }),
    image("18.1", "debian", { isDefault: true, notes: "PostGIS 3.6, pgvector 0.8" }),
    image("17.3", "debian", { isDefault: true }),
    image("17.2", "debian", { profiles: using, clusterCount: 9 }),
  ]
  const set: WholeRuleSet = {
    id: randomUUID(),
    name: "quiet-plants",
    description: "Plants without people at night: no restart by itself",
    ruleCount: rules.rules.length,
    allowExec: false,
    profiles: using,
    clusterCount: 9,
    createdAt: ago(month),
    updatedAt: ago(86_400),
    version: 4,
    set: rules,
  }
  return {
    listStorageTiers: ({ query }) => {
      const named = tiers.map((each) => ({ ...each, id: each.name }))
      return page(named, query)
    },
    listImages: ({ query }) => page(images, query),
    listImageVariants: ({ query }) =>
      page(
        [
          { name: "alpine", description: "Alpine with musl: small", uid: 70 },
          { name: "debian", description: "Debian with glibc: the official images", uid: 999 },
        ].map((variant) => ({
          ...variant,
          id: variant.name,
          imageCount: images.filter((each) => each.variant === variant.name).length,
          profiles: variant.name === "debian" ? using : [],
          createdAt: ago(month),
          version: 1,
        })),
        query,
      ),
    getImageMirror: () => ({ mirror: "registry.example.com:5000/hub", version: 2 }),
    listRuleSets: ({ query }) => page([set], query),
    getRuleSet: ({ params }) => one([set], params.id),
    builtInRules: () => ({
      allowExec: rules.allowExec,
      categories: ruleCategories.map((category) => ({
        category,
        rules: rules.rules
          .filter((rule) => rule.category === category)
          .map((rule) => ({ ...rule, example: "ERROR:  as PostgreSQL writes it" })),
      })),
    }),
    getSatelliteLogLevel: () => ({ level: null, until: null }),
    getClusterLogLevel: () => ({ level: "debug", until: ago(-1_500) }),
  }
}

const person = (name: string, more: Partial<Person> = {}): Person => ({
  id: randomUUID(),
  name,
  email: null,
  role: "viewer",
  scope: {},
  disabled: false,
  hasPassword: true,
  provider: null,
  createdAt: ago(month),
  signedInAt: ago(7_200),
  sessionCount: 1,
  tokenCount: 0,
  version: 1,
  ...more,
})

export function peopleHandlers(me: { personId: string; personName: string }): Handlers {
  const people = [
    person(me.personName, { id: me.personId, role: "admin", tokenCount: 2 }),
    person("ada.lovelace", {
      email: "ada.lovelace@example.org",
      role: "operator",
      scope: { region: "north", tier: "edge" },
      provider: "https://id.example.org",
      hasPassword: false,
    }),
    person("night-shift", { signedInAt: null, sessionCount: 0 }),
    person("left-last-year", { disabled: true, signedInAt: ago(4 * month), sessionCount: 0 }),
  ]
  const entry = (serial: number, more: Partial<AuditEntry>): AuditEntry => ({
    serial,
    at: ago((50 - serial) * 1_300),
    actor: me.personName,
    personId: me.personId,
    token: null,
    address: "10.20.0.7",
    requestId: randomUUID(),
    action: "edit",
    resource: "profile",
    resourceId: randomUUID(),
    resourceName: "edge-standard",
    before: null,
    after: null,
    ...more,
  })
  const audit = [
    entry(42, {
      before: { spec: { parameters: { work_mem: "4MB" }, resources: { memoryLimit: "1Gi" } } },
      after: { spec: { parameters: { work_mem: "16MB" }, resources: { memoryLimit: "2Gi" } } },
    }),
    entry(41, {
      action: "approve",
      resource: "satellite",
      resourceName: "plant-leipzig",
      token: "ci-pipeline",
      after: { state: "approved", labels: { region: "north", tier: "edge" } },
    }),
    entry(40, {
      action: "create",
      resource: "person",
      resourceName: "ada.lovelace",
      after: { name: "ada.lovelace", role: "operator", scope: { region: "north", tier: "edge" } },
    }),
  ]
  const session = (isThisOne: boolean, userAgent: string, seconds: number) => ({
    id: randomUUID(),
    ...me,
    by: "password" as const,
    address: isThisOne ? "10.20.0.7" : "2001:db8:20::7",
    userAgent,
    createdAt: ago(seconds),
    lastUsedAt: ago(isThisOne ? 2 : 3_600),
    expiresAt: ago(-36_000),
    isThisOne,
  })
  const sessions = [
    session(true, "Mozilla/5.0 (X11; Linux x86_64) Chrome/147.0 Safari/537.36", 4_000),
    session(false, "Mozilla/5.0 (iPhone; CPU iPhone OS 20_1 like Mac OS X) Safari/604.1", 90_000),
  ]
  return {
    listPeople: ({ query }) => page(people, query),
    listSessions: ({ query }) => page(sessions, query),
    listAudit: ({ query }) => {
      const numbered = audit.map((each) => ({ ...each, id: String(each.serial) }))
      return page(numbered, query)
    },
    auditWords: () => ({
      actors: [me.personName],
      actions: ["approve", "create", "edit"],
      resources: ["person", "profile", "satellite"],
    }),
    signInOptions: () => ({ provider: { name: "Example ID", signInUrl: "/no-such-provider" } }),
  }
}
