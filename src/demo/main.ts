/** `make demo`: one command to a running fleet. Stays until Ctrl-C and takes everything with it. */
import { adminUser, CanNot, type Demo, openDemo, settle } from "./compose.ts"
import { NotHealthy } from "./fleet.ts"
import type { Ended } from "./programs.ts"
import { defaultState, type DemoFlags, parseFlags, usage } from "./flags.ts"
import { duration, openSteps, type Say } from "./steps.ts"

const print: Say = (line) => void process.stdout.write(`${line}\n`)

async function main(): Promise<number> {
  const flags = parseFlags(process.argv.slice(2), process.env, process.getuid?.() === 0)
  if (flags.kind === "help") {
    print(usage)
    return 0
  }
  if (flags.kind === "bad") {
    for (const { field, problem } of flags.problems) process.stderr.write(`${field}: ${problem}\n`)
    process.stderr.write(`\n${usage}\n`)
    return 2
  }
  const stop = stopSignal()
  try {
    return await run(flags.value, stop.signal)
  } catch (error) {
    if (stop.signal.aborted) return 130
    if (error instanceof CanNot || error instanceof NotHealthy) print(`\n${error.message}`)
    else
      print(`\nThe demo could not start: ${error instanceof Error ? error.message : String(error)}`)
    print(`\nLogs are in ${flags.value.state}/logs`)
    return 1
  }
}

async function run(flags: DemoFlags, signal: AbortSignal): Promise<number> {
  const began = performance.now()
  print(`\npg-swarm demo: ${flags.sites} sites, ${flags.members} members each\n`)
  const steps = openSteps(print)
  const demo = await openDemo(flags, steps, signal)
  try {
    const broken = demo.broken.then((ended) => {
      throw new Broken(ended)
    })
    await Promise.race([settle(demo, flags, steps, signal), broken])
    print(welcome(demo, flags, (performance.now() - began) / 1000))
    await Promise.race([broken, aborted(signal)])
    return 0
  } finally {
    print("\nstopping everything")
    const stopping = performance.now()
    await demo[Symbol.asyncDispose]()
    const took = duration((performance.now() - stopping) / 1000)
    print(`stopped after ${took}; \`make demo\` goes on with the same data`)
  }
}

class Broken extends CanNot {
  constructor({ name, how, tail }: Ended) {
    super(`${name} ended by itself (${how}). Its last lines:\n${tail}`)
  }
}

function welcome(demo: Demo, flags: DemoFlags, seconds: number): string {
  const kubectl = demo.sites[0]?.kubeconfig ?? ""
  const usual = defaultState(process.env, process.getuid?.() === 0)
  const other = flags.state === usual ? "" : ` FAULT_FLAGS="--state ${flags.state}"`
  return `
  Everything is healthy after ${duration(seconds)}.

  Dashboard   ${demo.url}
  Sign in     ${adminUser} / ${demo.password}
  gRPC        ${demo.grpc}
  API token   in ${flags.state}/demo.json
  kubectl     kubectl --kubeconfig ${kubectl} get pods -A
  Break it    make demo-fault${other}

  Ctrl-C stops every process; starting again continues with the same data.`
}

/** Aborted by Ctrl-C or a termination; the second Ctrl-C does not wait. */
function stopSignal(): AbortController {
  const stop = new AbortController()
  let times = 0
  const ask = (name: NodeJS.Signals): void => {
    times += 1
    if (times > 2) process.exit(130)
    if (times === 2) print(`${name} again; one more leaves without stopping the rest`)
    stop.abort(new Error(`stopped by ${name}`))
  }
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, ask)
  return stop
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined)
    else signal.addEventListener("abort", () => resolve(undefined), { once: true })
  })

process.exitCode = await main()
