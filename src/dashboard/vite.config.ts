import tailwindcss from "@tailwindcss/vite"
import react from "@vitejs/plugin-react"
import { defineConfig } from "vitest/config"

/** Where `/api` is served while developing: a central, or the stand-in of test/e2e/dashboard. */
const central = process.env["PG_SWARM_URL"] ?? "http://127.0.0.1:8080"

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwindcss()],
  build: {
    outDir: "../../dist/dashboard",
    emptyOutDir: true,
    // light-dark() and @starting-style are used as they are.
    target: ["chrome125", "edge125", "firefox128", "safari17.5"],
    // Nothing inline: the content security policy is `default-src 'self'`, which data: is not.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // One file for all pages: a page that is open while central is upgraded never misses a part.
    chunkSizeWarningLimit: 1200,
  },
  server: { proxy: { "/api": { target: central, ws: true } } },
  test: {
    environment: "jsdom",
    include: ["**/*.test.tsx"],
    setupFiles: ["./test-setup.ts"],
    restoreMocks: true,
    maxWorkers: "100%",
    // A whole page in jsdom, on a machine that has other things to do.
    testTimeout: 20_000,
  },
})
