/** The demo tells what it does: one line for each step with its time, finer news indented below it. */

export type Say = (line: string) => void

export interface Steps {
  /** Runs the step; the line with its time comes when it has ended, a failure is marked and thrown on. */
  step<T>(title: string, task: (say: Say) => Promise<T>): Promise<T>
  /** Titles and seconds of all steps so far. */
  readonly table: readonly { readonly title: string; readonly seconds: number }[]
}

const width = 62

export const duration = (seconds: number): string =>
  seconds >= 120
    ? `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
    : `${seconds.toFixed(1)} s`

/** Pads with dots, so that the eye finds the time that belongs to the line. */
const dotted = (title: string): string =>
  title.length >= width ? title : `${title} ${"\u00b7".repeat(width - title.length)}`

export function openSteps(print: Say): Steps {
  const table: { readonly title: string; readonly seconds: number }[] = []
  return {
    table,
    async step(title, task) {
      const began = performance.now()
      const seconds = (): number => (performance.now() - began) / 1000
      // Told from the start of the step, so that a wait shows where it is.
      const say: Say = (line) => print(`      ${line}`)
      try {
        const result = await task(say)
        table.push({ title, seconds: seconds() })
        print(`  \u2713 ${dotted(title)} ${duration(seconds()).padStart(7)}`)
        return result
      } catch (error) {
        print(`  \u2717 ${dotted(title)} ${duration(seconds()).padStart(7)}`)
        throw error
      }
    },
  }
}
