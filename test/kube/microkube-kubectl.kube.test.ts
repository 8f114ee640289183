/** The real `kubectl` drives microkube as it drives any cluster. */
import assert from "node:assert/strict"
import { spawn, spawnSync } from "node:child_process"
import { createInterface } from "node:readline"
import { after, before, describe, test } from "node:test"
import { nameOf } from "./contract/raw-kube.ts"
import { Kubectl } from "./kubectl.ts"
import { MicrokubeSite } from "./microkube-site.ts"

const program = process.env["PG_SWARM_TEST_KUBECTL"] ?? "kubectl"
const client = spawnSync(program, ["version", "--client", "-o", "json"], { encoding: "utf8" })
const hasKubectl = client.status === 0
/** Older ones check against a schema of their own before they send. */
const minor = Number(/"minor": "(\d+)/.exec(client.stdout)?.[1] ?? 0)
const asksServer = minor >= 25
/** Older ones speak SPDY. */
const hasWebSockets = minor >= 31

const pod = (name: string, script: string): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, labels: { app: name } },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ name: "main", image: "shell:1", args: [script] }],
  },
})

const setOf = (replicas: number, image: string): object => ({
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "web" },
  spec: {
    replicas,
    serviceName: "web",
    podManagementPolicy: "Parallel",
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          { name: "main", image, args: ["trap 'exit 0' TERM; while :; do sleep 0.1; done"] },
        ],
      },
    },
  },
})

describe("kubectl on microkube", { skip: hasKubectl ? false : `there is no ${program}` }, () => {
  let site: MicrokubeSite
  let kubectl: Kubectl
  before(async () => {
    site = await MicrokubeSite.open({ block: "127.94", nodes: ["node-1", "node-2"] })
    kubectl = new Kubectl(program, site.kubeconfig)
    await site.kube.until("/api/v1/namespaces/default/serviceaccounts", (all) =>
      all.length > 0 ? true : undefined,
    )
  })
  after(async () => {
    await site[Symbol.asyncDispose]()
  })

  /** Lines of a kubectl that goes on until it is ended. */
  async function* lines(args: readonly string[]): AsyncGenerator<string> {
    const child = spawn(program, ["--kubeconfig", site.kubeconfig, ...args], {
      stdio: ["ignore", "pipe", "inherit"],
      timeout: 60_000,
    })
    try {
      yield* createInterface({ input: child.stdout })
    } finally {
      child.kill("SIGKILL")
    }
  }

  async function untilLine(args: readonly string[], wanted: RegExp): Promise<void> {
    for await (const line of lines(args)) if (wanted.test(line)) return
    assert.fail(`kubectl ${args.join(" ")} ended without ${String(wanted)}`)
  }

  test("it finds the server, its kinds and its nodes", async () => {
    assert.match(await kubectl.run(["version"]), /microkube/)
    assert.match(
      await kubectl.run(["api-resources"]),
      /statefulsets +sts +apps\/v1 +true +StatefulSet/,
    )
    assert.match(await kubectl.run(["get", "nodes"]), /node-2 +Ready/)
  })

  test("apply creates, says unchanged, then configures", async () => {
    assert.match(await kubectl.apply(setOf(1, "shell:1")), /created/)
    assert.match(await kubectl.apply(setOf(1, "shell:1")), /unchanged/)
    assert.match(await kubectl.apply(setOf(2, "shell:1")), /configured/)
    await kubectl.run(["wait", "--for=condition=Ready", "pod", "-l", "app=web", "--timeout=60s"])
    await kubectl.run(["rollout", "status", "sts/web", "--timeout=60s"])
    const wide = await kubectl.run(["get", "pods", "-o", "wide"])
    assert.match(wide, /NAME +READY +STATUS +RESTARTS +AGE +IP +NODE/)
    assert.match(wide, /web-0 +1\/1 +Running +0 +\S+ +127\.94\.\d+\.\d+ +node-[12]/)
    assert.match(await kubectl.run(["get", "sts"]), /web +2\/2/)
  })

  test("a field that the kind does not have is refused", { skip: !asksServer }, async () => {
    const bad = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "bad" }, dta: {} }
    await assert.rejects(kubectl.apply(bad), /dta/)
  })

  test("server-side apply tells whose field it would take", async () => {
    const map = (value: string): string =>
      JSON.stringify({
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "ssa" },
        data: { x: value },
      })
    const apply = (manager: string, value: string, ...more: readonly string[]): Promise<string> =>
      kubectl.run(
        ["apply", "--server-side", `--field-manager=${manager}`, ...more, "-f", "-"],
        map(value),
      )
    assert.match(await apply("a", "1"), /serverside-applied/)
    await assert.rejects(apply("b", "2"), /conflict with "a".*\.data\.x/s)
    await apply("b", "2", "--force-conflicts")
    assert.equal(await kubectl.run(["get", "cm", "ssa", "-o", "jsonpath={.data.x}"]), "2")
  })

  test("patch, label, annotate and scale change what they name", async () => {
    await kubectl.run([
      "patch",
      "cm",
      "ssa",
      "--type=json",
      "-p",
      '[{"op":"add","path":"/data/y","value":"3"}]',
    ])
    await kubectl.run(["patch", "cm", "ssa", "--type=merge", "-p", '{"data":{"x":null}}'])
    await kubectl.run(["label", "cm", "ssa", "tier=a"])
    await kubectl.run(["annotate", "cm", "ssa", "note=b"])
    const found = await kubectl.run([
      "get",
      "cm",
      "-l",
      "tier in (a,b)",
      "-o",
      "jsonpath={.items[0].data}",
    ])
    assert.equal(found, '{"y":"3"}')
    await kubectl.run([
      "patch",
      "sts",
      "web",
      "-p",
      '{"spec":{"template":{"metadata":{"annotations":{"a":"b"}}}}}',
    ])
    await kubectl.run(["rollout", "status", "sts/web", "--timeout=60s"])
    await kubectl.run(["scale", "sts", "web", "--replicas=1"])
    await site.kube.until("/api/v1/namespaces/default/pods", (all) =>
      all.some((one) => nameOf(one) === "web-1") ? undefined : true,
    )
  })

  test("watch prints each change as a row", async () => {
    const seen = untilLine(["get", "cm", "-w", "--output-watch-events"], /MODIFIED +watched +1/)
    await kubectl.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "watched" } })
    const seenBy = new AbortController()
    const done = seen.finally(() => {
      seenBy.abort()
    })
    // The watch may begin after the first change: it is changed until the row comes.
    const change = async (count: number): Promise<void> => {
      const patch = `{"data":{"a":"${count}"}}`
      await kubectl.run(["patch", "cm", "watched", "--type=merge", "-p", patch])
      if (!seenBy.signal.aborted) await change(count + 1)
    }
    await change(1)
    await done
  })

  test("logs are read, followed, cut to a tail, and those of the last run", async () => {
    await kubectl.apply(pod("talker", "echo one; echo two; sleep 0.5; echo three; exit 1"))
    await untilLine(
      ["get", "pod", "talker", "-w"],
      /talker +\S+ +(Running|Error|CrashLoopBackOff) +[1-9]/,
    )
    assert.equal(await kubectl.run(["logs", "talker", "--previous"]), "one\ntwo\nthree\n")
    assert.equal(
      await kubectl.run(["logs", "talker", "-c", "main", "--previous", "--tail=1"]),
      "three\n",
    )
    assert.match(
      await kubectl.run(["logs", "talker", "--previous", "--timestamps"]),
      /^\d{4}-\d\d-\d\dT\S+Z one\n/,
    )
    await kubectl.apply(pod("ticker", "while :; do echo tick; sleep 0.1; done"))
    await kubectl.run(["wait", "--for=condition=Ready", "pod/ticker", "--timeout=60s"])
    let ticks = 0
    for await (const line of lines(["logs", "-f", "ticker", "--tail=1"])) {
      assert.equal(line, "tick")
      ticks += 1
      if (ticks === 4) break
    }
    await assert.rejects(kubectl.run(["logs", "ticker", "-c", "nobody"]), /nobody is not valid/)
  })

  test(
    "a command is run in a container, with its input, its errors and its exit code",
    { skip: !hasWebSockets },
    async () => {
      const exec = (line: string, input = ""): Promise<string> =>
        kubectl.shell("default", "ticker", "main", line, input)
      assert.equal(await exec("cat", "through and back"), "through and back")
      assert.match(await exec("echo $HOSTNAME"), /^ticker\n$/)
      await assert.rejects(exec("echo to errors >&2; exit 3"), /to errors.*exit code 3/s)
      await assert.rejects(
        kubectl.shell("default", "ticker", "nobody", "true"),
        /nobody does not run/,
      )
    },
  )

  test("objects are made by name, and rights are asked for oneself and for others", async () => {
    await kubectl.run(["create", "namespace", "made"])
    await kubectl.run(["create", "configmap", "m", "--from-literal=a=b", "-n", "made"])
    assert.equal(
      await kubectl.run(["get", "cm", "m", "-n", "made", "-o", "jsonpath={.data.a}"]),
      "b",
    )
    await kubectl.run(["create", "role", "r", "--verb=get", "--resource=pods", "-n", "made"])
    await kubectl.run([
      "create",
      "rolebinding",
      "r",
      "--role=r",
      "--serviceaccount=made:default",
      "-n",
      "made",
    ])
    const may = (verb: string, ...as: readonly string[]): Promise<string> =>
      kubectl.run(["auth", "can-i", verb, "pods", "-n", "made", ...as])
    assert.equal(await may("delete"), "yes\n")
    const account = "--as=system:serviceaccount:made:default"
    assert.equal(await may("get", account), "yes\n")
    await assert.rejects(may("delete", account))
    await assert.rejects(kubectl.run(["get", "cm", "-n", "made", account]), /Forbidden/)
    await kubectl.run(["delete", "namespace", "made", "--timeout=60s"])
  })

  test("describe tells the events of a pod", async () => {
    assert.match(await kubectl.run(["describe", "pod", "ticker"]), /Started container main/)
  })

  test("a node is drained through evictions", async () => {
    const node = await kubectl.run(["get", "pod", "web-0", "-o", "jsonpath={.spec.nodeName}"])
    await kubectl.run(["drain", node, "--ignore-daemonsets", "--force", "--timeout=60s"])
    const other = node === "node-1" ? "node-2" : "node-1"
    await untilLine(["get", "pod", "web-0", "-o", "wide", "-w"], new RegExp(`Running.*${other}`))
    await kubectl.run(["uncordon", node])
  })

  test("delete waits for the end, orphans where asked, and takes a namespace with all in it", async () => {
    await kubectl.run(["delete", "sts", "web", "--cascade=orphan"])
    assert.match(await kubectl.run(["get", "pod", "web-0"]), /Running/)
    await kubectl.run(["delete", "pod", "web-0", "--grace-period=0", "--force"])
    await kubectl.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: "brief" } })
    await kubectl.apply({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "in", namespace: "brief" },
    })
    await kubectl.run(["delete", "namespace", "brief", "--timeout=60s"])
    await assert.rejects(kubectl.run(["get", "namespace", "brief"]), /NotFound/)
  })
})
