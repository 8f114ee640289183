/** What jsdom lacks, and a clean page after each component test. */
import { cleanup, configure } from "@testing-library/react"
import { afterEach } from "vitest"

afterEach(cleanup)

// What is debounced comes after a pause, on a machine that has other things to do.
configure({ asyncUtilTimeout: 5000 })

globalThis.IntersectionObserver = class implements IntersectionObserver {
  readonly root = null
  readonly rootMargin = ""
  readonly scrollMargin = ""
  readonly thresholds = []
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
  takeRecords(): IntersectionObserverEntry[] {
    return []
  }
}
globalThis.ResizeObserver = class implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}
globalThis.scrollTo = () => {}
Object.defineProperty(globalThis, "CSS", {
  value: { escape: (text: string) => text.replaceAll(/[^\w-]/g, String.raw`\$&`) },
})
