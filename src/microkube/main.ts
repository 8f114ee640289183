/**
 * microkube: a whole small Kubernetes in one process, for demos and tests.
 *
 * Start it as a child process:
 *
 *     node src/microkube/main.ts --dir DIR --name SITE --block 127.20 --port 0 \
 *       [--user postgres] --config FILE.json
 *
 * It prints one line of JSON on standard output when it serves:
 * `{"ready":true,"kubeconfig":"DIR/kubeconfig","url":"https://127.20.0.1:PORT","admin":"https://127.20.0.1:PORT/microkube/v1"}`
 *
 * and logs to standard error. When its standard input is a pipe, the end of that pipe stops it too, so
 * that it does not outlive a test that was killed. DIR holds everything: objects, volumes, logs. SIGTERM or SIGINT stops
 * every process of every pod and exits with 0; the next start on the same DIR goes on from there.
 * After a SIGKILL the next start first ends what was left running.
 *
 * The configuration file: `{ nodes: ["node-1"], images: [{ match: "postgres:*", env: { PATH: "…" },
 * entrypoint: ["…"] }], storageClasses: [StorageClass objects] }`. A container whose image matches
 * nothing stays in ErrImagePull. Further: `isolation` (`auto`, `pid-namespace`, `none`) and `nodeGraceMs`.
 *
 * What programs in pods must know, as they share one host: bind to the pod's own address
 * (`status.podIP` by the downward API), not to all addresses; names of Services do not resolve, use
 * their `clusterIP`; mount paths are rewritten in `command`, `args`, `workingDir` and the values of
 * `env` and nowhere else, so hand every mounted path to a program through one of these.
 * The faults that can be injected are described in `faults/admin.ts`.
 */
import { fstatSync } from "node:fs"

import { log } from "./log.ts"
import { readConfig } from "./config.ts"
import { Site } from "./site.ts"

const config = readConfig(process.argv.slice(2))
if (config.kind === "bad") {
  for (const { field, problem } of config.problems) console.error(`microkube: ${field}: ${problem}`)
  process.exit(2)
}

const stopped = Promise.withResolvers<undefined>()
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    stopped.resolve(undefined)
  })
}
const input = fstatSync(0)
if (input.isFIFO() || input.isSocket()) {
  process.stdin.once("close", () => {
    stopped.resolve(undefined)
  })
  process.stdin.resume()
}

try {
  const site = Site.open(config.value)
  const { kubeconfig, url } = await site.start()
  console.log(JSON.stringify({ ready: true, kubeconfig, url, admin: `${url}/microkube/v1` }))
  await stopped.promise
  await site.stop()
} catch (error) {
  // Another one on the folder, an address that is taken: said in one line, without a stack.
  console.error(`microkube: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}
log("microkube.stopped", { site: config.value.name })
process.exit(0)
