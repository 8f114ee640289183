/** The pods of a cluster: where its members are, and the label that says which of them clients write to. */
import type { InstanceRole } from "#core/cluster/state.ts"
import { type PodName, podName } from "#core/ids.ts"
import { fingerprint } from "#core/manifests/object.ts"
import { container, label } from "#core/names.ts"
import { type Millis, seconds } from "#core/units.ts"
import type { Clock } from "#io/clock.ts"
import { isRecord, type KubeApi, type Live } from "./api.ts"
import { isNotFound } from "./kube-error.ts"
import { apiPath, kinds } from "./kinds.ts"
import { follow } from "./watch.ts"

export type MemberPod = {
  readonly pod: PodName
  readonly uid: string
  /** Absent while the pod has not been started. */
  readonly address: string | undefined
  readonly role: Extract<InstanceRole, "primary" | "replica"> | undefined
  readonly leaving: boolean
  /** Tells image and resources of its server from others; undefined where it has none. */
  readonly serverPrint: string | undefined
}

export interface Pods {
  /** Tells all pods of the cluster after each change, until `signal`. */
  watch(
    heard: (pods: readonly MemberPod[]) => void,
    failed: (failure: unknown) => void,
    signal: AbortSignal,
  ): Promise<void>
  /**
   * A pod that does not exist has no label to change: that is fine. With a `uid` only that pod is labelled,
   * and another one of the same name is an Outage.
   */
  setRole(
    pod: PodName,
    role: "primary" | "replica",
    signal: AbortSignal,
    uid?: string,
  ): Promise<void>
}

export function openPods(options: {
  readonly api: KubeApi
  readonly clock: Clock
  readonly namespace: string
  readonly cluster: string
  readonly callTimeout: Millis
}): Pods {
  const { api, clock, namespace, cluster, callTimeout } = options
  const labels = `${label.cluster}=${cluster}`
  return {
    watch: async (heard, failed, signal) => {
      const known = new Map<string, MemberPod>()
      const put = (object: Live): void => {
        known.set(object.metadata.name, memberPod(object))
      }
      await follow(
        api,
        clock,
        { kind: kinds.Pod, namespace, labels, longestPause: seconds(2) },
        {
          replaced: (items) => {
            known.clear()
            for (const item of items) put(item)
            heard([...known.values()])
          },
          changed: (object) => {
            put(object)
            heard([...known.values()])
          },
          removed: (object) => {
            known.delete(object.metadata.name)
            heard([...known.values()])
          },
          failed,
        },
        signal,
      )
    },
    setRole: async (pod, role, signal, uid) => {
      try {
        await api.call(
          {
            method: "PATCH",
            path: apiPath(kinds.Pod, namespace, pod),
            query: { fieldManager: "pg-swarm-failover" },
            contentType: "application/merge-patch+json",
            body: {
              metadata: { ...(uid === undefined ? {} : { uid }), labels: { [label.role]: role } },
            },
            within: callTimeout,
          },
          signal,
        )
      } catch (failure) {
        if (!isNotFound(failure)) throw failure
      }
    },
  }
}

export function memberPod(object: Live): MemberPod {
  const status = object["status"]
  const address = isRecord(status) && typeof status["podIP"] === "string" ? status["podIP"] : ""
  const role = object.metadata.labels?.[label.role]
  return {
    pod: podName(object.metadata.name),
    uid: object.metadata.uid,
    address: address === "" ? undefined : address,
    role: role === "primary" || role === "replica" ? role : undefined,
    leaving: object.metadata.deletionTimestamp !== undefined,
    serverPrint: serverPrint(object["spec"]),
  }
}

function serverPrint(spec: unknown): string | undefined {
  const containers = isRecord(spec) && Array.isArray(spec["containers"]) ? spec["containers"] : []
  const server = containers.filter(isRecord).find(({ name }) => name === container.postgres)
  return server === undefined
    ? undefined
    : fingerprint([JSON.stringify(server["image"]), JSON.stringify(server["resources"] ?? {})])
}
