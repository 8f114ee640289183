/** What an `exec` asks for, as a command line of this host. */
import { badRequest } from "../api-error.ts"
import { objectsAt, textAt } from "../json.ts"
import { nameOf, namespaceOf } from "../object.ts"
import type { Objects } from "../objects.ts"
import type { Inside } from "../runtime/exec.ts"
import { findProgram } from "../runtime/isolation.ts"
import type { Kubelet } from "../runtime/kubelet.ts"
import type { ResourceRequest } from "./route.ts"

export function commandInside(
  objects: Objects,
  kubelet: Kubelet,
  request: ResourceRequest,
): Inside {
  const pod = objects.get(request.of, request.namespace ?? "", request.name ?? "")
  const asked = request.query.get("container") ?? ""
  const first = textAt(objectsAt(pod, "spec", "containers")[0], "name") ?? ""
  const container = kubelet.containerOf(namespaceOf(pod), nameOf(pod), asked === "" ? first : asked)
  const command = request.query.getAll("command")
  if (command.length === 0)
    throw badRequest("you must specify at least one command for the container")
  const isTerminal = ["true", "1"].includes(request.query.get("tty") ?? "")
  const inside = container?.inside(isTerminal ? onTerminal(command) : command)
  if (inside === undefined)
    throw badRequest(`container ${asked === "" ? first : asked} does not run`)
  return isTerminal ? { ...inside, env: { TERM: "xterm-256color", ...inside.env } } : inside
}

const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** With a terminal of its own where the host can give one. */
function onTerminal(command: readonly string[]): readonly string[] {
  const script = findProgram("script", "")
  if (script === undefined) return command
  return [script, "-qefc", command.map(quoted).join(" "), "/dev/null"]
}
