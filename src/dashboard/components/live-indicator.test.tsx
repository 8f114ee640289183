import { act, screen } from "@testing-library/react"
import { expect, test, vi } from "vitest"
import { openDashboard } from "../test-app.tsx"

const indicator = (word: string) =>
  screen.queryAllByRole("status", { name: `Live connection: ${word}` }).length > 0

test("the indicator says connecting, live, reconnecting and offline as they are", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  try {
    const { hello, socket } = openDashboard("/tokens")
    await screen.findByRole("heading", { name: "API tokens" })
    expect(indicator("Connecting")).toBe(true)
    act(hello)
    expect(indicator("Live")).toBe(true)
    act(() => socket().close())
    expect(indicator("Reconnecting")).toBe(true)
    expect(
      screen.getByText(/The live connection is lost\. Showing what was known at/),
    ).toBeDefined()
    for (let second = 0; second < 40; second += 1) {
      await act(async () => {
        await vi.advanceTimersByTimeAsync(1000)
      })
      socket().close()
    }
    expect(indicator("Offline")).toBe(true)
    const given = socket()
    while (socket() === given)
      await act(async () => {
        await vi.advanceTimersByTimeAsync(500)
      })
    act(hello)
    expect(indicator("Live")).toBe(true)
    expect(screen.queryByText(/Showing what was known at/)).toBeNull()
  } finally {
    vi.useRealTimers()
  }
})

test("a connection that falls silent is given up after the patience for pulses", async () => {
  vi.useFakeTimers({ shouldAdvanceTime: true })
  try {
    const { hello, calls } = openDashboard("/tokens")
    await screen.findByRole("heading", { name: "API tokens" })
    act(hello)
    await act(async () => {
      await vi.advanceTimersByTimeAsync(34_000)
    })
    expect(indicator("Live")).toBe(true)
    const before = calls.filter((name) => name === "GET /session").length
    await act(async () => {
      await vi.advanceTimersByTimeAsync(2_000)
    })
    expect(indicator("Live")).toBe(false)
    expect(calls.filter((name) => name === "GET /session").length).toBeGreaterThan(before)
  } finally {
    vi.useRealTimers()
  }
})
