/** What is wrong with the spec of a pod. */
import type { Cause } from "../api-error.ts"
import { type JsonObject, at, isTrueAt, numberAt, objectAt, objectsAt, textAt } from "../json.ts"
import { bad, required } from "./causes.ts"

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

export function podSpecProblems(spec: JsonObject, path: string): readonly Cause[] {
  const found: Cause[] = []
  const containers = objectsAt(spec, "containers")
  if (containers.length === 0) found.push(required(`${path}.containers`))
  const volumes = new Set(objectsAt(spec, "volumes").map((volume) => textAt(volume, "name") ?? ""))
  for (const [index, volume] of objectsAt(spec, "volumes").entries()) {
    if (!label.test(textAt(volume, "name") ?? "")) {
      found.push(
        bad(`${path}.volumes[${index}].name`, volume["name"], "a lowercase RFC 1123 label"),
      )
    }
  }
  const seen = new Set<string>()
  for (const kind of ["initContainers", "containers"]) {
    for (const [index, container] of objectsAt(spec, kind).entries()) {
      const place = `${path}.${kind}[${index}]`
      const name = textAt(container, "name") ?? ""
      if (seen.has(name)) {
        found.push({
          reason: "FieldValueDuplicate",
          field: `${place}.name`,
          message: `Duplicate value: ${JSON.stringify(name)}`,
        })
      }
      seen.add(name)
      found.push(...containerProblems(container, place, volumes))
    }
  }
  if ((numberAt(spec, "terminationGracePeriodSeconds") ?? 0) < 0) {
    found.push(
      bad(
        `${path}.terminationGracePeriodSeconds`,
        numberAt(spec, "terminationGracePeriodSeconds"),
        "must be greater than or equal to 0",
      ),
    )
  }
  const user = numberAt(spec, "securityContext", "runAsUser")
  if (user === 0 && isTrueAt(spec, "securityContext", "runAsNonRoot")) {
    found.push(bad(`${path}.securityContext.runAsUser`, user, "runAsNonRoot is set"))
  }
  return found
}

function containerProblems(
  container: JsonObject,
  place: string,
  volumes: ReadonlySet<string>,
): readonly Cause[] {
  const found: Cause[] = []
  const name = textAt(container, "name") ?? ""
  if (name === "") found.push(required(`${place}.name`))
  else if (!label.test(name) || name.length > 63)
    found.push(
      bad(
        `${place}.name`,
        name,
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'",
      ),
    )
  if ((textAt(container, "image") ?? "") === "") found.push(required(`${place}.image`))
  for (const [index, mount] of objectsAt(container, "volumeMounts").entries()) {
    const volume = textAt(mount, "name") ?? ""
    const spot = `${place}.volumeMounts[${index}]`
    if (!volumes.has(volume)) {
      found.push({
        reason: "FieldValueNotFound",
        field: `${spot}.name`,
        message: `Not found: ${JSON.stringify(volume)}`,
      })
    }
    if ((textAt(mount, "mountPath") ?? "") === "") found.push(required(`${spot}.mountPath`))
    const inner = textAt(mount, "subPath") ?? ""
    if (inner.startsWith("/") || inner.split("/").includes(".."))
      found.push(bad(`${spot}.subPath`, inner, "must be a relative path without '..'"))
  }
  for (const [index, env] of objectsAt(container, "env").entries()) {
    if ((textAt(env, "name") ?? "") === "") found.push(required(`${place}.env[${index}].name`))
    const hasValue = (textAt(env, "value") ?? "") !== ""
    if (hasValue && at(env, "valueFrom") !== undefined) {
      found.push(
        bad(
          `${place}.env[${index}].valueFrom`,
          "",
          "may not be specified when `value` is not empty",
        ),
      )
    }
  }
  for (const [index, port] of objectsAt(container, "ports").entries()) {
    const number = numberAt(port, "containerPort") ?? 0
    if (number < 1 || number > 65_535)
      found.push(
        bad(
          `${place}.ports[${index}].containerPort`,
          number,
          "must be between 1 and 65535, inclusive",
        ),
      )
  }
  for (const probe of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    if (at(container, probe) === undefined) continue
    const handlers = ["exec", "httpGet", "tcpSocket", "grpc"].filter(
      (kind) => at(container, probe, kind) !== undefined,
    )
    if (handlers.length !== 1)
      found.push(required(`${place}.${probe}`, "must specify exactly one handler type"))
    const threshold = numberAt(objectAt(container, probe), "successThreshold") ?? 1
    if (probe !== "readinessProbe" && threshold !== 1)
      found.push(bad(`${place}.${probe}.successThreshold`, threshold, "must be 1"))
  }
  return found
}
