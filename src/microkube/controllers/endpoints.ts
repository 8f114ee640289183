/** Endpoints and EndpointSlices: which pods stand behind each Service, and which of them are ready. */
import {
  type JsonObject,
  defined,
  equal,
  isTrueAt,
  numberAt,
  objectAt,
  objectsAt,
  stringsAt,
  textAt,
} from "../json.ts"
import {
  type KubeObject,
  controllerReference,
  isDeleting,
  keyOf,
  labelsOf,
  nameOf,
  namespaceOf,
  uidOf,
  controllerOf,
} from "../object.ts"
import { isReady, isTerminal, nodeOf } from "../pods.ts"
import { resourceById } from "../resources.ts"
import { type Ground, type Stop, itself, runController, splitKey } from "./controller.ts"

const manager = { manager: "kube-controller-manager" }
const headlessLabel = "service.kubernetes.io/headless"
const nameLabel = "kubernetes.io/service-name"
const sliceMax = 100

export const runEndpoints = (ground: Ground): Stop =>
  runController(ground, "endpoints", (key) => reconcile(ground, key), {
    services: itself,
    pods: ({ type, object, previous }) => {
      if (type === "MODIFIED" && previous !== undefined && isAlike(previous, object)) return []
      return ground.objects.store
        .list("services", namespaceOf(object))
        .filter((one) => selects(one, object) || (previous !== undefined && selects(one, previous)))
        .map(keyOf)
    },
    endpoints: ({ object, type }) => (type === "DELETED" ? [keyOf(object)] : []),
    "endpointslices.discovery.k8s.io": ({ object, type }) =>
      type === "DELETED" ? [`${namespaceOf(object)}/${labelsOf(object)[nameLabel] ?? ""}`] : [],
  })

/** Most changes of a pod do not move it in or out of anything. */
const isAlike = (a: KubeObject, b: KubeObject): boolean =>
  equal(labelsOf(a), labelsOf(b)) &&
  isReady(a) === isReady(b) &&
  isDeleting(a) === isDeleting(b) &&
  isTerminal(a) === isTerminal(b) &&
  textAt(a, "status", "podIP") === textAt(b, "status", "podIP")

function selects(service: KubeObject, pod: KubeObject): boolean {
  const selector = Object.entries(stringsAt(service, "spec", "selector"))
  const labels = labelsOf(pod)
  return selector.length > 0 && selector.every(([key, value]) => labels[key] === value)
}

type Member = {
  readonly pod: KubeObject
  readonly address: string
  readonly isReady: boolean
  readonly isTerminating: boolean
  readonly ports: readonly JsonObject[]
}

function reconcile(ground: Ground, key: string): undefined {
  const [namespace, name] = splitKey(key)
  const { objects } = ground
  const service = objects.find("services", namespace, name)
  if (service === undefined || isDeleting(service)) {
    const of = resourceById("endpoints")
    if (objects.find("endpoints", namespace, name) !== undefined)
      objects.remove(of, namespace, name, {})
    return
  }
  if (Object.keys(stringsAt(service, "spec", "selector")).length === 0) return
  const toleratesUnready = isTrueAt(service, "spec", "publishNotReadyAddresses")
  const members = objects.store
    .list("pods", namespace)
    .filter((pod) => selects(service, pod) && !isTerminal(pod))
    .flatMap((pod): readonly Member[] => {
      const address = textAt(pod, "status", "podIP")
      if (address === undefined) return []
      const isTerminating = isDeleting(pod)
      return [{ pod, address, isReady: isReady(pod), isTerminating, ports: portsFor(service, pod) }]
    })
    .toSorted((a, b) => (a.address < b.address ? -1 : 1))
  writeEndpoints(
    ground,
    service,
    members.filter((one) => toleratesUnready || !one.isTerminating),
    toleratesUnready,
  )
  writeSlice(ground, service, members, toleratesUnready)
}

/** The Service's ports as this pod serves them: a target by name is looked up in its containers. */
function portsFor(service: KubeObject, pod: KubeObject): readonly JsonObject[] {
  const named = objectsAt(pod, "spec", "containers").flatMap((one) => objectsAt(one, "ports"))
  return objectsAt(service, "spec", "ports").flatMap((port) => {
    const target = port["targetPort"]
    const found =
      typeof target === "string" && !/^\d+$/.test(target)
        ? numberAt(
            named.find((one) => one["name"] === target),
            "containerPort",
          )
        : Number(target ?? port["port"])
    if (found === undefined || Number.isNaN(found)) return []
    const name = textAt(port, "name")
    const protocol = textAt(port, "protocol") ?? "TCP"
    return [defined({ name, port: found, protocol, appProtocol: port["appProtocol"] })]
  })
}

const reference = (pod: KubeObject): JsonObject => ({
  kind: "Pod",
  namespace: namespaceOf(pod),
  name: nameOf(pod),
  uid: uidOf(pod),
})

const hostname = (service: KubeObject, pod: KubeObject): string | undefined =>
  textAt(pod, "spec", "subdomain") === nameOf(service) ? textAt(pod, "spec", "hostname") : undefined

const isHeadless = (service: KubeObject): boolean => textAt(service, "spec", "clusterIP") === "None"

function writeEndpoints(
  ground: Ground,
  service: KubeObject,
  members: readonly Member[],
  toleratesUnready: boolean,
): void {
  const groups = Map.groupBy(members, (one) => JSON.stringify(one.ports))
  const subsets = [...groups.values()].map((group) => {
    const address = ({ pod, address: ip }: Member): JsonObject =>
      defined({
        ip,
        hostname: hostname(service, pod),
        nodeName: nodeOf(pod),
        targetRef: reference(pod),
      })
    const ready = group.filter((one) => one.isReady || toleratesUnready).map(address)
    const notReady = group.filter((one) => !one.isReady && !toleratesUnready).map(address)
    return defined({
      addresses: ready.length === 0 ? undefined : ready,
      notReadyAddresses: notReady.length === 0 ? undefined : notReady,
      ports: group[0]?.ports.length === 0 ? undefined : group[0]?.ports,
    })
  })
  const labels = { ...labelsOf(service), ...(isHeadless(service) ? { [headlessLabel]: "" } : {}) }
  const of = resourceById("endpoints")
  const [namespace, name] = [namespaceOf(service), nameOf(service)]
  if (ground.objects.find("endpoints", namespace, name) === undefined) {
    ground.objects.create(of, namespace, { metadata: { name, labels }, subsets }, manager)
    return
  }
  ground.objects.change(
    of,
    namespace,
    name,
    (one) => {
      const metadata = { ...objectAt(one, "metadata"), labels }
      return defined({ ...one, metadata, subsets: subsets.length === 0 ? undefined : subsets })
    },
    manager,
  )
}

function writeSlice(
  ground: Ground,
  service: KubeObject,
  members: readonly Member[],
  toleratesUnready: boolean,
): void {
  const endpoints = members
    .slice(0, sliceMax)
    .map(({ pod, address, isReady: ready, isTerminating }) =>
      defined({
        addresses: [address],
        conditions: {
          ready: toleratesUnready || (ready && !isTerminating),
          serving: ready,
          terminating: isTerminating,
        },
        hostname: hostname(service, pod),
        nodeName: nodeOf(pod),
        targetRef: reference(pod),
      }),
    )
  const ports = (members[0]?.ports ?? []).map((port) => ({ name: "", ...port }))
  const of = resourceById("endpointslices.discovery.k8s.io")
  const namespace = namespaceOf(service)
  const known = ground.objects.store
    .list(of.id, namespace)
    .find((one) => controllerOf(one)?.uid === uidOf(service))
  const labels = {
    ...labelsOf(service),
    [nameLabel]: nameOf(service),
    "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    ...(isHeadless(service) ? { [headlessLabel]: "" } : {}),
  }
  if (known === undefined) {
    const metadata = {
      generateName: `${nameOf(service)}-`,
      labels,
      ownerReferences: [controllerReference(service)],
    }
    ground.objects.create(
      of,
      namespace,
      { metadata, addressType: "IPv4", endpoints, ports },
      manager,
    )
    return
  }
  ground.objects.change(
    of,
    namespace,
    nameOf(known),
    (one) => ({ ...one, metadata: { ...objectAt(one, "metadata"), labels }, endpoints, ports }),
    manager,
  )
}
