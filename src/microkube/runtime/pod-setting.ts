/** What the platform gives a container: where its volumes are, what its environment begins with, who runs it. */
import { join } from "node:path"

import type { ImageRule } from "../config.ts"
import { type JsonObject, isTrueAt, numberAt, objectsAt, textAt } from "../json.ts"
import { type KubeObject, nameOf, uidOf } from "../object.ts"
import type { RunUser } from "./isolation.ts"
import type { Mount } from "./rewrite.ts"

/** The container's mount paths with the folders that stand for them. */
export const mountsOf = (
  container: JsonObject,
  folders: ReadonlyMap<string, string>,
): readonly Mount[] =>
  objectsAt(container, "volumeMounts").flatMap((mount) => {
    const folder = folders.get(textAt(mount, "name") ?? "")
    const path = (textAt(mount, "mountPath") ?? "").replace(/\/+$/, "")
    const inner = textAt(mount, "subPath") ?? ""
    return folder === undefined || path === "" ? [] : [{ path, folder: join(folder, inner) }]
  })

/** By which the processes of a container are known for its own: a variable of their environment. */
export const markerOf = (pod: KubeObject, container: JsonObject): string =>
  `${uidOf(pod)}/${textAt(container, "name") ?? ""}`

export type EnvironmentBase = {
  readonly pod: KubeObject
  readonly container: JsonObject
  readonly image: ImageRule
  readonly api: { readonly host: string; readonly port: number }
  readonly home: string
  readonly folders: ReadonlyMap<string, string>
}

/** What the image and the platform set; nothing of the host's own environment. */
export function baseEnv(base: EnvironmentBase): Readonly<Record<string, string>> {
  const { pod, container, image, api, home, folders } = base
  const temporary = mountsOf(container, folders).find((mount) => mount.path === "/tmp")?.folder
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: home,
    ...(temporary === undefined ? {} : { TMPDIR: temporary }),
    ...image.env,
    HOSTNAME: textAt(pod, "spec", "hostname") ?? nameOf(pod),
    KUBERNETES_SERVICE_HOST: api.host,
    KUBERNETES_SERVICE_PORT: String(api.port),
    KUBERNETES_SERVICE_PORT_HTTPS: String(api.port),
    MICROKUBE_POD: markerOf(pod, container),
  }
}

/** Root stays root only where the pod does not ask for another user. */
export function userOf(
  pod: KubeObject,
  container: JsonObject,
  other: RunUser | undefined,
): RunUser | undefined {
  const asked =
    numberAt(container, "securityContext", "runAsUser") ??
    numberAt(pod, "spec", "securityContext", "runAsUser")
  const isNonRoot =
    isTrueAt(container, "securityContext", "runAsNonRoot") ||
    isTrueAt(pod, "spec", "securityContext", "runAsNonRoot")
  return asked === 0 || (asked === undefined && !isNonRoot) ? undefined : other
}
