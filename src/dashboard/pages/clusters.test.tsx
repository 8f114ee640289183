import { screen } from "@testing-library/react"
import { userEvent } from "@testing-library/user-event"
import { expect, test } from "vitest"
import { exampleFleet } from "../../../test/e2e/dashboard/fleet.ts"
import { list, openDashboard } from "../test-app.tsx"

const [cluster] = exampleFleet().clusters

test("clusters are searched by text and by labels of their satellites", async () => {
  const asked: Record<string, string>[] = []
  openDashboard("/clusters", {
    "GET /clusters": ({ query }) => {
      asked.push(Object.fromEntries(query))
      return list(query.get("labels") === "region=north" ? [] : [cluster])
    },
  })
  await screen.findByRole("table", { name: "Clusters" })
  await userEvent.type(
    screen.getByRole("searchbox", { name: "Search clusters" }),
    "ord region=north",
  )
  await screen.findByText("No cluster matches")
  expect(asked.at(-1)).toMatchObject({ search: "ord", labels: "region=north" })
})
