/** The volumes of a pod as folders of this host. */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  readdirSync,
} from "node:fs"
import { dirname, join } from "node:path"

import {
  type JsonObject,
  at,
  isTrueAt,
  numberAt,
  objectAt,
  objectsAt,
  stringsAt,
  textAt,
} from "../json.ts"
import { type KubeObject } from "../object.ts"
import { type Lookup, dataOf } from "./environment.ts"
import { fieldText, resourceText } from "./field-path.ts"
import type { RunUser } from "./isolation.ts"

export type Volumes =
  | { readonly kind: "ready"; readonly folders: ReadonlyMap<string, string> }
  | { readonly kind: "missing"; readonly why: string }

export type VolumeSetting = {
  readonly pod: KubeObject
  /** Short, so that the path of a socket in it stays within what a socket's address can hold. */
  readonly root: string
  readonly memoryRoot: string
  readonly user: RunUser | undefined
  readonly lookup: Lookup
  /** The folder of a bound claim; undefined while it is not bound. */
  readonly claimFolder: (claim: string) => string | undefined
  /** A token of the pod's service account. */
  readonly token: (audience: string | undefined) => string
}

class Missing extends Error {}

/** Makes or brings up to date every volume of the pod. Safe to call again: live files follow their source. */
export function mountVolumes(setting: VolumeSetting): Volumes {
  const folders = new Map<string, string>()
  try {
    for (const volume of objectsAt(setting.pod, "spec", "volumes")) {
      const name = textAt(volume, "name") ?? ""
      folders.set(name, mountOne(volume, name, setting))
    }
  } catch (error) {
    if (error instanceof Missing) return { kind: "missing", why: error.message }
    throw error
  }
  return { kind: "ready", folders }
}

function mountOne(volume: JsonObject, name: string, setting: VolumeSetting): string {
  const claim = textAt(volume, "persistentVolumeClaim", "claimName")
  if (claim !== undefined) {
    const folder = setting.claimFolder(claim)
    if (folder === undefined) throw new Missing(`persistentvolumeclaim "${claim}" is not bound`)
    return owned(folder, setting.user, 0o770)
  }
  const host = textAt(volume, "hostPath", "path")
  if (host !== undefined) {
    if (textAt(volume, "hostPath", "type") === "DirectoryOrCreate")
      mkdirSync(host, { recursive: true })
    return host
  }
  if (at(volume, "emptyDir") !== undefined) {
    const isMemory = textAt(volume, "emptyDir", "medium") === "Memory"
    return owned(join(isMemory ? setting.memoryRoot : setting.root, name), setting.user, 0o777)
  }
  const folder = join(setting.root, name)
  const files = filesOf(volume, setting)
  if (files === undefined)
    throw new Missing(`volume "${name}" is of a kind that microkube does not have`)
  writeFiles(folder, files, setting.user)
  return folder
}

/** The folder, made if need be, belonging to whom the containers run as. */
function owned(folder: string, user: RunUser | undefined, mode: number): string {
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o755 })
  if (user !== undefined && statSync(folder).uid !== user.uid) {
    chownSync(folder, user.uid, user.gid)
    chmodSync(folder, mode)
  }
  return folder
}

type LiveFile = { readonly content: string | Buffer; readonly mode: number }
type LiveFiles = ReadonlyMap<string, LiveFile>

function filesOf(volume: JsonObject, setting: VolumeSetting): LiveFiles | undefined {
  for (const kind of ["configMap", "secret", "downwardAPI", "projected"]) {
    if (at(volume, kind) === undefined) continue
    const source = objectAt(volume, kind)
    const mode = numberAt(source, "defaultMode") ?? 0o644
    if (kind === "projected") {
      return new Map(
        objectsAt(source, "sources").flatMap((one) =>
          Object.keys(one).flatMap((inner) => [
            ...sourceFiles(inner, objectAt(one, inner), mode, setting),
          ]),
        ),
      )
    }
    return sourceFiles(kind, source, mode, setting)
  }
  return undefined
}

function sourceFiles(
  kind: string,
  source: JsonObject,
  mode: number,
  setting: VolumeSetting,
): LiveFiles {
  switch (kind) {
    case "configMap":
      return keyFiles("configmaps", textAt(source, "name") ?? "", source, mode, setting)
    case "secret":
      return keyFiles(
        "secrets",
        textAt(source, "secretName") ?? textAt(source, "name") ?? "",
        source,
        mode,
        setting,
      )
    case "serviceAccountToken": {
      const content = setting.token(textAt(source, "audience"))
      return new Map([[textAt(source, "path") ?? "token", { content, mode }]])
    }
    default:
      return new Map(
        objectsAt(source, "items").map((item) => [
          textAt(item, "path") ?? "",
          { content: downward(item, setting.pod), mode: numberAt(item, "mode") ?? mode },
        ]),
      )
  }
}

function downward(item: JsonObject, pod: KubeObject): string {
  const path = textAt(item, "fieldRef", "fieldPath")
  if (path !== undefined) return fieldText(pod, path) ?? ""
  const reference = objectAt(item, "resourceFieldRef")
  return resourceText(
    pod,
    textAt(reference, "containerName") ?? "",
    textAt(reference, "resource") ?? "",
    textAt(reference, "divisor") ?? "1",
  )
}

function keyFiles(
  kind: "configmaps" | "secrets",
  name: string,
  source: JsonObject,
  mode: number,
  setting: VolumeSetting,
): LiveFiles {
  const found = setting.lookup(kind, name)
  const isOptional = isTrueAt(source, "optional")
  if (found === undefined) {
    if (isOptional) return new Map()
    throw new Missing(`${kind.slice(0, -1)} "${name}" not found`)
  }
  const contents: Record<string, string | Buffer> = { ...dataOf(found) }
  const raw = kind === "secrets" ? stringsAt(found, "data") : stringsAt(found, "binaryData")
  for (const [key, text] of Object.entries(raw)) contents[key] = Buffer.from(text, "base64")
  const items = objectsAt(source, "items")
  if (items.length === 0) {
    return new Map(Object.entries(contents).map(([key, content]) => [key, { content, mode }]))
  }
  return new Map(
    items.flatMap((item) => {
      const key = textAt(item, "key") ?? ""
      const content = contents[key]
      if (content === undefined) {
        if (isOptional) return []
        throw new Missing(`references non-existent ${kind.slice(0, -1)} key: ${key}`)
      }
      const own = numberAt(item, "mode") ?? mode
      return [[textAt(item, "path") ?? key, { content, mode: own }] as const]
    }),
  )
}

/**
 * Puts the files in place all at once: they live in a folder of their own that `..data` points to,
 * and a change is a new folder and one rename of that link, so no reader sees half of it.
 */
function writeFiles(folder: string, files: LiveFiles, user: RunUser | undefined): void {
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  const link = join(folder, "..data")
  if (isCurrent(folder, files)) return
  const before = existsSync(link) ? readlinkSync(link) : undefined
  const version = `..${process.hrtime.bigint().toString(36)}`
  const place = join(folder, version)
  mkdirSync(place, { mode: 0o755 })
  for (const [path, { content, mode }] of files) {
    const file = join(place, path)
    mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
    writeFileSync(file, content, { mode })
    chmodSync(file, mode)
    if (user !== undefined) chownSync(file, user.uid, user.gid)
  }
  const next = join(folder, "..data_tmp")
  rmSync(next, { force: true })
  symlinkSync(version, next)
  renameSync(next, link)
  const tops = new Set([...files.keys()].map((path) => path.split("/")[0] ?? ""))
  for (const top of tops) {
    if (!existsSync(join(folder, top))) symlinkSync(join("..data", top), join(folder, top))
  }
  for (const name of readdirSync(folder)) {
    if (!name.startsWith("..") && !tops.has(name)) rmSync(join(folder, name), { force: true })
  }
  if (before !== undefined) rmSync(join(folder, before), { recursive: true, force: true })
}

/** What was last written to each folder by this process. */
const written = new Map<string, string>()

function isCurrent(folder: string, files: LiveFiles): boolean {
  const text = JSON.stringify(
    [...files].map(([path, { content, mode }]) => [
      path,
      Buffer.from(content).toString("base64"),
      mode,
    ]),
  )
  if (written.get(folder) === text && existsSync(join(folder, "..data"))) return true
  written.set(folder, text)
  return false
}

export function unmountVolumes(root: string, memoryRoot: string): void {
  for (const folder of written.keys()) if (folder.startsWith(`${root}/`)) written.delete(folder)
  rmSync(root, { recursive: true, force: true })
  rmSync(memoryRoot, { recursive: true, force: true })
}
