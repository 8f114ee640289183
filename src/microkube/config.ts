/** Command line and configuration file: read once, all mistakes named at once. */
import { readFileSync } from "node:fs"
import { parseArgs } from "node:util"

import type { Parsed, Problem } from "#core/parsed.ts"

import {
  type Json,
  type JsonObject,
  isList,
  isObject,
  objectsAt,
  parseObject,
  stringsAt,
  textAt,
  textsAt,
} from "./json.ts"

/** How containers of an image are run, as a container image would say it. */
export type ImageRule = {
  /** Name with `*` for any run of characters: `postgres:*`. */
  readonly match: string
  readonly env: Readonly<Record<string, string>>
  /** What to run for a container that names no command. */
  readonly entrypoint: readonly string[]
}

/** How far the processes of a container are kept apart from the host's. */
export type Isolation = "auto" | "pid-namespace" | "none"

export type Config = {
  readonly dir: string
  readonly name: string
  /** The first two numbers of all addresses, e.g. `127.20`. */
  readonly block: string
  readonly port: number
  /** Whom containers that do not run as root run as, when microkube itself is root. */
  readonly user: string | undefined
  readonly nodes: readonly string[]
  readonly images: readonly ImageRule[]
  readonly storageClasses: readonly JsonObject[]
  readonly isolation: Isolation
  /** How long a node may be gone before it counts as unknown, as the cluster's own grace. */
  readonly nodeGraceMs: number
}

const usage =
  "usage: main.ts --dir DIR --name SITE --block 127.20 --port 0 [--user postgres] --config FILE.json"

export function readConfig(args: readonly string[]): Parsed<Config> {
  const options = {
    dir: { type: "string" },
    name: { type: "string" },
    block: { type: "string" },
    port: { type: "string" },
    user: { type: "string" },
    config: { type: "string" },
  } as const
  let values
  try {
    ;({ values } = parseArgs({ args: [...args], options }))
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return {
      kind: "bad",
      problems: [{ field: "arguments", problem: `${error.message}; ${usage}` }],
    }
  }
  const problems: Problem[] = []
  const needed = (field: string, value: string | undefined): string => {
    if (value === undefined || value === "")
      problems.push({ field: `--${field}`, problem: `is missing; ${usage}` })
    return value ?? ""
  }
  const port = Number(values.port ?? "0")
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    problems.push({ field: "--port", problem: "expected 0 (any free port) to 65535" })
  }
  const block = needed("block", values.block)
  if (!/^127\.\d{1,3}$/.test(block) || Number(block.slice(4)) > 255) {
    problems.push({
      field: "--block",
      problem: "expected the first two numbers of loopback addresses, such as 127.20",
    })
  }
  const file = values.config === undefined ? {} : readFile(values.config, problems)
  const name = needed("name", values.name)
  const dir = needed("dir", values.dir)
  const base = { dir, name, block, port, user: values.user }
  const config = { ...base, ...readSettings(file, problems) }
  return problems.length === 0 ? { kind: "ok", value: config } : { kind: "bad", problems }
}

function readFile(path: string, problems: Problem[]): JsonObject {
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch (error) {
    problems.push({ field: "--config", problem: `can not be read: ${String(error)}` })
    return {}
  }
  const value = parseObject(text)
  if (value === undefined)
    problems.push({ field: "--config", problem: `${path} is not a JSON object` })
  return value ?? {}
}

type Settings = Omit<Config, "dir" | "name" | "block" | "port" | "user">

const known = ["nodes", "images", "storageClasses", "isolation", "nodeGraceMs"]

function readSettings(file: JsonObject, problems: Problem[]): Settings {
  for (const key of Object.keys(file)) {
    if (!known.includes(key))
      problems.push({ field: key, problem: `is not a setting; there are ${known.join(", ")}` })
  }
  const nodes = file["nodes"] === undefined ? ["node-1"] : texts("nodes", file["nodes"], problems)
  if (nodes.length === 0) problems.push({ field: "nodes", problem: "needs at least one name" })
  const isolation = file["isolation"] ?? "auto"
  if (isolation !== "auto" && isolation !== "pid-namespace" && isolation !== "none") {
    problems.push({ field: "isolation", problem: "expected auto, pid-namespace or none" })
  }
  const grace = file["nodeGraceMs"] ?? 4_000
  if (typeof grace !== "number" || grace < 0)
    problems.push({ field: "nodeGraceMs", problem: "expected milliseconds" })
  return {
    nodes,
    images: objectsAt(file, "images").map((image, index) => readImage(image, index, problems)),
    storageClasses: objectsAt(file, "storageClasses"),
    isolation: isolation === "pid-namespace" || isolation === "none" ? isolation : "auto",
    nodeGraceMs: typeof grace === "number" ? grace : 0,
  }
}

function texts(field: string, value: Json, problems: Problem[]): readonly string[] {
  if (isList(value) && value.every((one) => typeof one === "string")) return value
  problems.push({ field, problem: "expected a list of strings" })
  return []
}

function readImage(image: JsonObject, index: number, problems: Problem[]): ImageRule {
  const match = textAt(image, "match")
  if (match === undefined)
    problems.push({
      field: `images[${index}].match`,
      problem: "expected an image name, * for any text",
    })
  if (image["env"] !== undefined && !isObject(image["env"])) {
    problems.push({ field: `images[${index}].env`, problem: "expected names and values" })
  }
  return {
    match: match ?? "",
    env: stringsAt(image, "env"),
    entrypoint: textsAt(image, "entrypoint"),
  }
}

/** The rule for an image; undefined when there is no such image. */
export function ruleFor(images: readonly ImageRule[], image: string): ImageRule | undefined {
  return images.find(({ match }) => {
    const pattern = match
      .split("*")
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
      .join(".*")
    return new RegExp(`^${pattern}$`).test(image)
  })
}
