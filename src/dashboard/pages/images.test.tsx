import { screen, waitFor, within } from "@testing-library/react"
import userEvent from "@testing-library/user-event"
import { expect, test } from "vitest"
import type { Image, ImageVariant } from "#wire/rest/image-routes.ts"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { list, openDashboard, problem } from "../test-app.tsx"

const [profile] = exampleFleet().profiles
if (profile === undefined) throw new Error("the example fleet has profiles")
const at = "2026-01-01T00:00:00Z"
const image = (minor: string, more: Partial<Image> = {}): Image => ({
  id: `7b0c4c1e-52d6-4b8c-9c3e-4f3c86b4b${minor.replace(".", "")}`,
  variant: "debian",
  major: Number(minor.slice(0, 2)),
  minor,
  reference: `docker.io/library/postgres:${minor}`,
  isDefault: false,
  notes: "",
  profiles: [],
  clusterCount: 0,
  createdAt: at,
  version: 3,
  ...more,
})
const old = image("17.2", { profiles: [{ id: profile.id, name: profile.name }], clusterCount: 2 })
const newer = image("17.3", { isDefault: true })
const debian: ImageVariant = {
  name: "debian",
  description: "glibc",
  uid: 999,
  imageCount: 2,
  profiles: [],
  createdAt: at,
  version: 5,
}
const catalogue = {
  "GET /images": () => list([newer, old]),
  "GET /image-variants": () => list([debian]),
  "GET /image-mirror": () => ({ status: 200, body: { mirror: null, version: 1 } }),
}

test("another reference says who keeps the old one, and what is refused stands at its field", async () => {
  const sent: unknown[] = []
  openDashboard("/images", {
    ...catalogue,
    [`PATCH /images/${old.id}`]: ({ body }) => {
      sent.push(body)
      return problem(400, "INVALID", "some fields are not as they must be", {
        problems: [{ field: "reference", problem: "is of another major version" }],
      })
    },
  })
  await userEvent.click(await screen.findByRole("button", { name: "Edit debian 17.2" }))
  const dialog = screen.getByRole("dialog", { name: "Edit debian 17.2" })
  const reference = within(dialog).getByLabelText("Reference")
  await userEvent.clear(reference)
  await userEvent.type(reference, "docker.io/library/postgres:18.1")
  expect(within(dialog).getByText(/keep the reference that they have/).textContent).toMatch(
    profile.name,
  )
  await userEvent.click(within(dialog).getByRole("button", { name: "Save" }))
  await waitFor(() => expect(reference.getAttribute("aria-invalid")).toBe("true"))
  expect(sent).toEqual([{ version: 3, reference: "docker.io/library/postgres:18.1", notes: "" }])
})

test("a variant is described anew with the version that was read, and keeps its user", async () => {
  const sent: unknown[] = []
  openDashboard("/images", {
    ...catalogue,
    "PATCH /image-variants/debian": ({ body }) => {
      sent.push(body)
      return { status: 200, body: { ...debian, description: "Debian", version: 6 } }
    },
  })
  await userEvent.click(await screen.findByRole("button", { name: "Edit variant debian" }))
  const dialog = screen.getByRole("dialog", { name: "Edit variant debian" })
  expect(within(dialog).queryByLabelText("User of the server")).toBeNull()
  const description = within(dialog).getByLabelText("Description")
  await userEvent.clear(description)
  await userEvent.type(description, "Debian")
  await userEvent.click(within(dialog).getByRole("button", { name: "Save" }))
  expect(await screen.findByText("Variant debian is saved.")).toBeDefined()
  expect(sent).toEqual([{ version: 5, description: "Debian" }])
})

const chosen = {
  ...profile,
  spec: {
    ...profile.spec,
    postgres: { major: 17, image: old.reference, variant: "debian", minor: null, uid: 999 },
  },
  newerImage: { minor: "17.3", image: newer.reference },
}
const editor = (address: string) => {
  const sent: unknown[] = []
  openDashboard(address, {
    ...catalogue,
    [`GET /profiles/${profile.id}`]: () => ({ status: 200, body: chosen }),
    "POST /profiles/check": () => ({ status: 200, body: { warnings: [] } }),
    [`PATCH /profiles/${profile.id}`]: ({ body }) => {
      sent.push(body)
      return { status: 200, body: { ...chosen, version: 4 } }
    },
  })
  return sent
}
const save = async (): Promise<void> =>
  userEvent.click(await screen.findByRole("button", { name: "Save version 3" }))

test("a profile of the catalogue keeps its choice while something else is edited", async () => {
  const sent = editor(`/profiles/${profile.id}/edit`)
  const members = await screen.findByLabelText("Members")
  await userEvent.clear(members)
  await userEvent.type(members, "5")
  await save()
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({ spec: { members: 5, postgres: chosen.spec.postgres } })
})

test("the newer image is offered on the profile, and is what the editor then begins with", async () => {
  const sent = editor(`/profiles/${profile.id}`)
  await userEvent.click(await screen.findByRole("link", { name: "Take 17.3 into a new version" }))
  await save()
  await waitFor(() => expect(sent).toHaveLength(1))
  expect(sent[0]).toMatchObject({
    spec: { postgres: { ...chosen.spec.postgres, image: newer.reference } },
  })
})
