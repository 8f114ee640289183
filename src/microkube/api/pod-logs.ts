/** `pods/NAME/log`: what a container has written, and what it goes on writing. */
import { existsSync } from "node:fs"
import { join } from "node:path"

import { badRequest } from "../api-error.ts"
import { numberAt, objectsAt, textAt } from "../json.ts"
import { type KubeObject, nameOf, namespaceOf, uidOf } from "../object.ts"
import type { Objects } from "../objects.ts"
import type { Kubelet } from "../runtime/kubelet.ts"
import { type LogFile, linesOf } from "../runtime/log-file.ts"
import type { Exchange } from "./exchange.ts"
import type { ResourceRequest } from "./route.ts"

/** A tail is kept in memory while it is found; a longer one is cut to this. */
const tailMax = 100_000

type Wanted = {
  readonly container: string
  readonly isFollowing: boolean
  readonly isPrevious: boolean
  readonly hasTimes: boolean
  readonly tail: number | undefined
  readonly since: number
  readonly bytes: number
}

export const answerLogs =
  (objects: Objects, kubelet: Kubelet, dir: string) =>
  async (exchange: Exchange, request: ResourceRequest): Promise<void> => {
    const pod = objects.get(request.of, request.namespace ?? "", request.name ?? "")
    const wanted = readWanted(request.query, pod, objects.now())
    const container = kubelet.containerOf(namespaceOf(pod), nameOf(pod), wanted.container)
    const status = statusOf(pod, wanted.container)
    const run = container?.restarts ?? numberAt(status, "restartCount") ?? 0
    const folder = join(
      dir,
      "logs",
      `${namespaceOf(pod)}_${nameOf(pod)}_${uidOf(pod)}`,
      wanted.container,
    )
    const file = join(folder, `${wanted.isPrevious ? run - 1 : latest(folder, run)}.log`)
    if (!existsSync(file)) {
      const place = `container "${wanted.container}" in pod "${nameOf(pod)}"`
      if (wanted.isPrevious) throw badRequest(`previous terminated ${place} not found`)
      const reason = textAt(status, "state", "waiting", "reason") ?? "ContainerCreating"
      throw badRequest(`${place} is waiting to start: ${reason}`)
    }
    const live = container?.log
    const isLive = live?.file === file && !live.isEnded
    await live?.flush()
    const { response } = exchange
    response.writeHead(200, { "content-type": "text/plain" })
    if (!wanted.isFollowing || !isLive) {
      await writePast(file, wanted, (text) => response.write(text))
      response.end()
      return
    }
    // Lines that come while the past is read are held, and sent once.
    const held: string[] = []
    let isReading = true
    const take = (line: string): void => {
      if (isReading) held.push(line)
      else response.write(shown(line, wanted))
    }
    live.on("line", take)
    live.once("end", () => response.end())
    response.once("close", () => live.off("line", take))
    const last = await writePast(file, wanted, (text) => response.write(text))
    isReading = false
    for (const line of held) if (line > last) response.write(shown(line, wanted))
    if (hasEnded(live)) response.end()
  }

/** Asked again after reading, as the run may have ended meanwhile. */
const hasEnded = (log: LogFile): boolean => log.isEnded

/** A run that has not begun to write yet has no file: the one before it is shown. */
const latest = (folder: string, run: number): number =>
  existsSync(join(folder, `${run}.log`)) || run === 0 ? run : run - 1

const statusOf = (
  pod: KubeObject,
  container: string,
): ReturnType<typeof objectsAt>[number] | undefined =>
  ["containerStatuses", "initContainerStatuses"]
    .flatMap((list) => objectsAt(pod, "status", list))
    .find((one) => one["name"] === container)

function readWanted(query: URLSearchParams, pod: KubeObject, now: number): Wanted {
  const mains = objectsAt(pod, "spec", "containers").map((one) => textAt(one, "name") ?? "")
  const inits = objectsAt(pod, "spec", "initContainers").map((one) => textAt(one, "name") ?? "")
  const asked = query.get("container") ?? ""
  if (asked === "" && mains.length > 1) {
    throw badRequest(
      `a container name must be specified for pod ${nameOf(pod)}, choose one of: [${mains.join(" ")}]`,
    )
  }
  const container = asked === "" ? (mains[0] ?? "") : asked
  if (![...mains, ...inits].includes(container)) {
    throw badRequest(`container ${container} is not valid for pod ${nameOf(pod)}`)
  }
  const number = (name: string): number | undefined => {
    const text = query.get(name)
    if (text === null || text === "") return undefined
    if (!/^\d+$/.test(text)) throw badRequest(`${name}: expected a number, got ${text}`)
    return Number(text)
  }
  const seconds = number("sinceSeconds")
  const time = query.get("sinceTime") ?? ""
  if (time !== "" && Number.isNaN(Date.parse(time)))
    throw badRequest("sinceTime: expected a time such as 2006-01-02T15:04:05Z")
  const isTrue = (name: string): boolean => ["true", "1"].includes(query.get(name) ?? "")
  return {
    container,
    isFollowing: isTrue("follow"),
    isPrevious: isTrue("previous"),
    hasTimes: isTrue("timestamps"),
    tail: number("tailLines"),
    since: seconds === undefined ? (time === "" ? 0 : Date.parse(time)) : now - seconds * 1000,
    bytes: number("limitBytes") ?? Number.POSITIVE_INFINITY,
  }
}

/** A stored line is `time stream text`. */
function shown(line: string, wanted: Wanted): string {
  const time = line.indexOf(" ")
  const text = line.slice(line.indexOf(" ", time + 1) + 1)
  return wanted.hasTimes ? `${line.slice(0, time)} ${text}\n` : `${text}\n`
}

/** Writes what is on disk; answers the last line of it. */
async function writePast(
  file: string,
  wanted: Wanted,
  write: (text: string) => void,
): Promise<string> {
  const tail: string[] = []
  let last = ""
  let left = wanted.bytes
  const give = (line: string): void => {
    const text = shown(line, wanted).slice(0, left)
    left -= text.length
    if (text !== "") write(text)
  }
  for await (const line of linesOf(file)) {
    last = line
    if (wanted.since > 0 && Date.parse(line.slice(0, line.indexOf(" "))) < wanted.since) continue
    if (wanted.tail === undefined) give(line)
    else {
      tail.push(line)
      if (tail.length > Math.min(wanted.tail, tailMax)) tail.shift()
    }
  }
  for (const line of tail) give(line)
  return last
}
