/** Who may not do a thing is not offered it: every page, as each role, with and without a scope. */
import { screen, waitFor, within } from "@testing-library/react"
import { expect, test } from "vitest"
import { database } from "../../../test/e2e/dashboard/database-examples.ts"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { switchover } from "../../../test/e2e/dashboard/history.ts"
import { list, openDashboard, session } from "../test-app.tsx"

const fleet = exampleFleet()
const found = fleet.clusters.find(({ name }) => name === "telemetry")
const [profile] = fleet.profiles
const [rule] = fleet.rules
const connected = fleet.satellites.find(({ state }) => state === "connected")
const pending = fleet.satellites.find(({ state }) => state === "pending")
if (!found || !profile || !rule || !connected || !pending) throw new Error("not in the fleet")
const cluster = { ...found, state: "healthy" as const }

const at = "2026-01-01T00:00:00Z"
const id = "7b0c4c1e-52d6-4b8c-9c3e-4f3c86b4b001"
const rules = { allowExec: false, rules: [] }
const ruleSet = {
  id,
  name: "quiet",
  description: "",
  allowExec: false,
  ruleCount: 0,
  profiles: [],
  clusterCount: 0,
  createdAt: at,
  updatedAt: at,
  version: 1,
}
const tier = {
  name: "fast",
  description: "",
  profiles: [],
  mappedCount: 0,
  satelliteCount: 1,
  createdAt: at,
  version: 1,
}
const image = {
  id,
  variant: "debian",
  major: 17,
  minor: "17.2",
  reference: "docker.io/library/postgres:17.2",
  isDefault: false,
  notes: "",
  profiles: [],
  clusterCount: 0,
  createdAt: at,
  version: 1,
}
const variant = {
  name: "debian",
  description: "",
  uid: 999,
  imageCount: 1,
  profiles: [],
  createdAt: at,
  version: 1,
}
const window = {
  id,
  name: "opening hours",
  selector: {},
  time: { kind: "weekly", days: ["mon"], from: "08:00", until: "18:00", timeZone: "UTC" },
  isActive: true,
  createdAt: at,
  version: 1,
}
const version = (specVersion: number, isNewest: boolean) => ({
  specVersion,
  isNewest,
  note: "",
  actor: "admin",
  clusterCount: 1,
  createdAt: at,
  strategy: null,
})

const answers = {
  [`GET /clusters/${cluster.id}`]: () => ({ status: 200, body: cluster }),
  [`GET /clusters/${cluster.id}/role-changes`]: () => list([]),
  [`GET /clusters/${cluster.id}/databases`]: () => list([database(cluster.id, "orders")]),
  [`GET /satellites/${connected.id}`]: () => ({ status: 200, body: connected }),
  [`GET /profiles/${profile.id}`]: () => ({ status: 200, body: profile }),
  [`GET /profiles/${profile.id}/versions`]: () => list([version(2, true), version(1, false)]),
  [`GET /rules/${rule.id}`]: () => ({ status: 200, body: rule }),
  [`GET /recovery-rule-sets/${id}`]: () => ({ status: 200, body: { ...ruleSet, set: rules } }),
  "GET /satellites": () => list([pending]),
  "GET /profiles": () => list([profile]),
  "GET /rules": () => list([rule]),
  "GET /operations": () => list([switchover(cluster, 4, { running: "check" })]),
  "GET /storage-tiers": () => list([tier]),
  "GET /images": () => list([image]),
  "GET /image-variants": () => list([variant]),
  "GET /image-mirror": () => ({ status: 200, body: { mirror: null, version: 1 } }),
  "GET /recovery-rule-sets": () => list([ruleSet]),
  "GET /freeze-windows": () => list([window]),
  "GET /people": () => list([]),
}

type Page = {
  readonly address: string
  /** Something that everybody sees once the page has come. */
  readonly sign: RegExp
  /** Controls of those who act on clusters of their scope, of those who govern the fleet, of admins. */
  readonly acts?: readonly RegExp[]
  readonly governs?: readonly RegExp[]
  readonly administers?: readonly RegExp[]
}

const pages: readonly Page[] = [
  {
    address: `/clusters/${cluster.id}`,
    sign: /^orders$/,
    acts: [
      /^Switchover/,
      /^Emergency$/,
      /^Pause$/,
      /protect/i,
      /^Delete$/,
      /^New database$/,
      /^Change orders$/,
      /^Ask for it$/,
    ],
  },
  { address: "/clusters", sign: /No cluster yet/, governs: [/rule$/] },
  { address: "/operations", sign: /^Switchover$/, acts: [/^Cancel the switchover$/] },
  {
    address: `/satellites/${connected.id}`,
    sign: /^Image mirror$/,
    acts: [/^Edit name and labels$/, /^Ask for its classes$/, /^Ask for it$/],
    administers: [/^Identity$/, /^Save mapping$/, /^Save its mirror$/],
  },
  { address: "/satellites", sign: /^Satellites$/, administers: [/^Approve /, /^Reject /] },
  { address: "/profiles", sign: new RegExp(`^${profile.name}$`), governs: [/^New profile$/] },
  {
    address: `/profiles/${profile.id}`,
    sign: /^Data volume$/,
    acts: [/^Roll out/],
    governs: [/^Edit$/, /^Deploy by rule$/, /^Clone$/, /^Delete$/],
  },
  {
    address: `/profiles/${profile.id}?tab=versions`,
    sign: /^Clusters on it$/,
    governs: [/^Go back to version 1$/, /^Clone version 1$/],
  },
  { address: `/profiles/${profile.id}/edit`, sign: /Nothing is changed/, governs: [/^Save/] },
  { address: "/profiles/new", sign: /^General$/, governs: [/^Make profile$/] },
  {
    address: "/rules",
    sign: new RegExp(`^${rule.name}$`),
    governs: [/^New rule$/, /^Delete rule/],
  },
  { address: "/rules/new", sign: /^New rule$/, governs: [/^Make rule$/] },
  { address: `/rules/${rule.id}`, sign: /matches every satellite anew/, governs: [/^Save rule$/] },
  {
    address: `/rollouts/new?profileId=${profile.id}`,
    sign: /^The plan$/,
    acts: [/^Approve version/],
  },
  { address: "/freeze-windows", sign: /^opening hours$/, governs: [/^New /, /^Edit /, /^Delete /] },
  { address: "/storage-tiers", sign: /^fast$/, administers: [/^New tier$/, /^Edit /, /^Delete /] },
  {
    address: "/images",
    sign: /17\.2$/,
    administers: [
      /^New image$/,
      /^Edit debian 17\.2$/,
      /^Take debian 17\.2 out$/,
      /^Make debian 17\.2 the default$/,
      /^New variant$/,
      /^Edit variant debian$/,
      /^Delete variant debian$/,
      /^Save mirror$/,
    ],
  },
  {
    address: "/recovery-rules",
    sign: /^quiet$/,
    administers: [/^New rule set$/, /^Delete quiet$/],
  },
  {
    address: `/recovery-rules/${id}`,
    sign: /first rule that matches/,
    administers: [/^Save$/, /^Undo$/],
  },
]

const kinds = ["acts", "governs", "administers"] as const
type Kind = (typeof kinds)[number]
type Who = { readonly who: string; readonly body: object; readonly may: readonly Kind[] }

const people: readonly Who[] = [
  { who: "a viewer", body: { ...session, role: "viewer" }, may: [] },
  {
    who: "an operator of a region",
    body: { ...session, role: "operator", scope: [{ region: "north" }] },
    may: ["acts"],
  },
  { who: "an operator", body: { ...session, role: "operator" }, may: ["acts", "governs"] },
  { who: "an admin", body: session, may: kinds },
]

const controls = (main: HTMLElement): readonly string[] =>
  [...main.querySelectorAll("button, a")].map(
    (one) => one.getAttribute("aria-label") ?? one.textContent.trim(),
  )

for (const page of pages)
  for (const { who, body, may } of people)
    test(`${page.address.replaceAll(/[0-9a-f-]{36}/g, "…")} offers ${who} what he may do`, async () => {
      openDashboard(page.address, { ...answers, "GET /session": () => ({ status: 200, body }) })
      const main = await screen.findByRole("main")
      await within(main).findAllByText(page.sign, {}, { timeout: 5000 })
      const isOffered = (control: RegExp) => controls(main).some((name) => control.test(name))
      for (const kind of kinds)
        for (const control of page[kind] ?? [])
          await waitFor(() =>
            expect([control, isOffered(control)]).toEqual([control, may.includes(kind)]),
          )
    })
