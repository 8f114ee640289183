/** References of container images: taken apart, put together, and turned to a mirror. */

/** `[registry[:port]/]path[:tag][@digest]`, by the distribution specification, without its corners. */
const shape =
  /^(?:([a-zA-Z0-9](?:[a-zA-Z0-9._-]*[a-zA-Z0-9])?(?::\d+)?)\/)?([a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/
export const imageMax = 400

export type ImageName = {
  /** Host that it is pulled from; undefined where the reference leaves it to the container runtime. */
  readonly registry: string | undefined
  readonly path: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

export function parseImage(reference: string): ImageName | undefined {
  const found = reference.length > imageMax ? null : shape.exec(reference)
  if (found === null) return undefined
  const [, first, path = "", tag, digest] = found
  // As container runtimes read it: what stands first is a host when it looks like one.
  const isHost = first !== undefined && (/[.:]/.test(first) || first === "localhost")
  if (first !== undefined && !isHost && /[A-Z]/.test(first)) return undefined
  return {
    registry: isHost ? first : undefined,
    path: first === undefined || isHost ? path : `${first}/${path}`,
    tag,
    digest,
  }
}

/** What is wrong with a reference; undefined when nothing is. */
export function imageProblem(reference: string): string | undefined {
  if (reference.length > imageMax) return `at most ${imageMax} characters`
  if (parseImage(reference) !== undefined) return undefined
  const at = reference.indexOf("@")
  if (at >= 0 && !/^sha256:[0-9a-f]{64}$/.test(reference.slice(at + 1)))
    return "what follows @ must be a digest: sha256: and 64 hexadecimal digits"
  if (/^[a-z]+:\/\//.test(reference)) return "an image reference has no scheme: leave out https://"
  return "not an image reference such as docker.io/library/postgres:17.2"
}

/** A registry, with a path where it has one: what a mirror is given by. */
const mirrorShape =
  /^[a-zA-Z0-9]([a-zA-Z0-9._-]*[a-zA-Z0-9])?(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/

export function mirrorProblem(mirror: string): string | undefined {
  if (mirror.length > 200) return "at most 200 characters"
  if (/^[a-z]+:\/\//.test(mirror)) return "a registry has no scheme: leave out https://"
  const [host = ""] = mirror.split("/")
  if (!mirrorShape.test(mirror) || (!/[.:]/.test(host) && host !== "localhost"))
    return "not a registry such as registry.example.com:5000 or harbor.example.com/postgres"
  return undefined
}

const dockerHub: ReadonlySet<string> = new Set([
  "docker.io",
  "index.docker.io",
  "registry-1.docker.io",
])

/**
 * The same image from a mirror: the mirror stands where the registry's host stood, path, tag and digest
 * stay. What Docker Hub abbreviates (`postgres`) is written out, as mirrors have it.
 */
export function mirrored(reference: string, mirror: string | undefined): string {
  if (mirror === undefined || reference.startsWith(`${mirror}/`)) return reference
  const name = parseImage(reference)
  if (name === undefined) return reference
  const isHub = name.registry === undefined || dockerHub.has(name.registry)
  const path = isHub && !name.path.includes("/") ? `library/${name.path}` : name.path
  const tag = name.tag === undefined ? "" : `:${name.tag}`
  const digest = name.digest === undefined ? "" : `@${name.digest}`
  return `${mirror}/${path}${tag}${digest}`
}
