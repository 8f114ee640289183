/** The runtime of microkube: what a pod's programs see, and what happens when they end or are struck. */
import assert from "node:assert/strict"
import { readFileSync } from "node:fs"
import { rm, writeFile } from "node:fs/promises"
import { connect } from "node:net"
import { after, before, describe, test } from "node:test"
import { type Ground, configMap, makeNamespace } from "./contract/ground.ts"
import { type Json, at, list, nameOf, text, uidOf } from "./contract/raw-kube.ts"
import { MicrokubeSite } from "./microkube-site.ts"

type Container = { readonly [field: string]: unknown }

const shell = (script: string, rest: Container = {}): object => ({
  name: "main",
  image: "shell:1",
  args: [script],
  ...rest,
})

const podOf = (name: string, container: object, spec: object = {}): object => ({
  metadata: { name, labels: { app: name } },
  spec: { terminationGracePeriodSeconds: 1, containers: [container], ...spec },
})

const statusOf = (pod: Json | undefined): Json | undefined =>
  at(pod, "status", "containerStatuses", 0)

/** Waits until the pod is as wanted. */
const until = (
  { kube, path }: Ground,
  name: string,
  wanted: (pod: Json) => boolean,
): Promise<Json> =>
  kube.until(path("pods"), (all) => all.find((one) => nameOf(one) === name && wanted(one)), {
    fieldSelector: `metadata.name=${name}`,
  })

const isRunning = (pod: Json): boolean => at(statusOf(pod), "state", "running") !== undefined
const isDone = (pod: Json): boolean =>
  ["Succeeded", "Failed"].includes(text(pod, "status", "phase"))

async function logOf({ kube, path }: Ground, pod: string, query = {}): Promise<string> {
  const answer = await kube.call("GET", path("pods", pod, "log"), { query })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.ok(typeof answer.body === "string")
  return answer.body
}

/** Follows the log until it has the line. */
async function untilLogged(ground: Ground, pod: string, line: string): Promise<void> {
  await until(ground, pod, isRunning)
  const query = { follow: "true" }
  const answer = await ground.kube.send("GET", ground.path("pods", pod, "log"), { query })
  let seen = ""
  answer.setEncoding("utf8")
  for await (const chunk of answer) {
    seen += String(chunk)
    if (seen.includes(line)) break
  }
  answer.destroy()
  assert.ok(seen.includes(line), seen)
}

/** A dead process that nobody has collected yet does not count. */
function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, "utf8"))
  } catch {
    return false
  }
}

for (const [isolation, block] of [
  ["auto", "127.92"],
  ["none", "127.93"],
] as const) {
  describe(`pods of microkube, isolation ${isolation}`, () => {
    let site: MicrokubeSite
    let ground: Ground
    before(async () => {
      site = await MicrokubeSite.open({ block, isolation, nodes: ["node-1", "node-2"] })
      ground = site.ground(await makeNamespace(site.kube))
    })
    after(async () => {
      await site[Symbol.asyncDispose]()
    })

    test("a program sees its volumes by the paths in its arguments and variables", async () => {
      const { kube, path } = ground
      await kube.create(
        path("configmaps"),
        configMap("v-config", { "run.sh": "echo from the map" }),
      )
      await kube.create(path("secrets"), {
        metadata: { name: "v-secret" },
        stringData: { word: "sesame" },
      })
      const container = shell(
        "sh /etc/config/run.sh; cat $SECRET_FILE; ls -l -L $SECRET_FILE; cat /info/labels; echo home=$(POD) > /scratch/a; cat /scratch/a; cat $TOKEN_DIR/namespace",
        {
          env: [
            { name: "SECRET_FILE", value: "/etc/secret/word" },
            { name: "TOKEN_DIR", value: "/var/run/secrets/kubernetes.io/serviceaccount" },
            { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          ],
          volumeMounts: [
            { name: "config", mountPath: "/etc/config" },
            { name: "secret", mountPath: "/etc/secret" },
            { name: "info", mountPath: "/info" },
            { name: "scratch", mountPath: "/scratch" },
          ],
        },
      )
      const labels = { path: "labels", fieldRef: { fieldPath: "metadata.labels" } }
      const volumes = [
        { name: "config", configMap: { name: "v-config" } },
        { name: "secret", secret: { secretName: "v-secret", defaultMode: 0o400 } },
        { name: "info", downwardAPI: { items: [labels] } },
        { name: "scratch", emptyDir: { medium: "Memory" } },
      ]
      await kube.create(
        path("pods"),
        podOf("volumes", container, { volumes, restartPolicy: "Never" }),
      )
      const pod = await until(ground, "volumes", isDone)
      const log = await logOf(ground, "volumes")
      assert.equal(at(pod, "status", "phase"), "Succeeded", log)
      assert.match(log, /from the map\nsesame/)
      assert.match(log, /-r--------/)
      assert.match(log, /app="volumes"/)
      assert.match(log, /home=volumes\n/)
      assert.ok(log.endsWith(ground.namespace) || log.trim().endsWith(ground.namespace), log)
    })

    test("the environment is the image's and the pod's, not that of the host", async () => {
      const { kube, path } = ground
      await kube.create(path("pods"), podOf("env", shell("env"), { restartPolicy: "Never" }))
      await until(ground, "env", isDone)
      const names = (await logOf(ground, "env")).split("\n").map((line) => line.split("=")[0] ?? "")
      for (const name of [
        "KUBERNETES_SERVICE_HOST",
        "KUBERNETES_SERVICE_PORT",
        "HOSTNAME",
        "PATH",
        "HOME",
      ]) {
        assert.ok(names.includes(name), name)
      }
      const known = new Set([
        "PWD",
        "SHLVL",
        "_",
        "OLDPWD",
        "MICROKUBE_POD",
        "KUBERNETES_SERVICE_PORT_HTTPS",
      ])
      const others = names.filter(
        (name) => name !== "" && !known.has(name) && !/^(KUBERNETES|HOSTNAME|PATH|HOME)/.test(name),
      )
      assert.deepEqual(others, [])
    })

    test("a change of a ConfigMap reaches its files while the pod runs, all keys at once", async () => {
      const { kube, path } = ground
      await kube.create(path("configmaps"), configMap("live", { a: "1", b: "1" }))
      const script =
        "while :; do x=$(cat /live/a /live/b | tr -d '\\n'); [ $x = 22 ] && echo all new; sleep 0.1; done"
      const container = shell(script, { volumeMounts: [{ name: "live", mountPath: "/live" }] })
      const volumes = [{ name: "live", configMap: { name: "live" } }]
      await kube.create(path("pods"), podOf("live", container, { volumes }))
      await until(ground, "live", isRunning)
      await kube.patch("merge", path("configmaps", "live"), { data: { a: "2", b: "2" } })
      await untilLogged(ground, "live", "all new")
      await kube.call("DELETE", path("pods", "live"))
    })

    test("each pod has an address of its own, and a new one when it is made again", async () => {
      const { kube, path } = ground
      const ask = async (): Promise<string> => {
        await kube.create(path("pods"), podOf("addressed", shell("exec sleep 100")))
        const pod = await until(ground, "addressed", isRunning)
        await kube.call("DELETE", path("pods", "addressed"), { query: { gracePeriodSeconds: "0" } })
        return text(pod, "status", "podIP")
      }
      const [first, second] = [await ask(), await ask()]
      assert.ok(first.startsWith(`${block}.`))
      assert.notEqual(first, second)
    })

    test("a container that ends is started again, and its last end is told", async () => {
      const { kube, path } = ground
      await kube.create(path("pods"), podOf("again", shell("echo run; exit 3")))
      const pod = await until(
        ground,
        "again",
        (one) => Number(at(statusOf(one), "restartCount")) >= 2,
      )
      const status = statusOf(pod)
      assert.equal(at(status, "lastState", "terminated", "exitCode"), 3)
      assert.equal(at(status, "lastState", "terminated", "reason"), "Error")
      assert.match(await logOf(ground, "again", { previous: "true" }), /^run\n$/)
      await kube.call("DELETE", path("pods", "again"), { query: { gracePeriodSeconds: "0" } })
    })

    test("an unknown image, a missing key and a missing volume are named as reasons to wait", async () => {
      const { kube, path } = ground
      const env = [{ name: "X", valueFrom: { secretKeyRef: { name: "nowhere", key: "x" } } }]
      await kube.create(path("pods"), podOf("no-image", { name: "main", image: "mystery:1" }))
      await kube.create(path("pods"), podOf("no-key", shell("true", { env })))
      const reason = (pod: Json): unknown => at(statusOf(pod), "state", "waiting", "reason")
      await until(ground, "no-image", (pod) => reason(pod) === "ErrImagePull")
      await until(ground, "no-key", (pod) => reason(pod) === "CreateContainerConfigError")
      await kube.create(path("secrets"), { metadata: { name: "nowhere" }, stringData: { x: "1" } })
      await until(
        ground,
        "no-key",
        (pod) => Number(at(statusOf(pod), "restartCount")) >= 1 || isDone(pod),
      )
      for (const name of ["no-image", "no-key"]) await kube.call("DELETE", path("pods", name))
    })

    test("init containers run first and in order, sidecars beside, and end after the rest", async () => {
      const { kube, path } = ground
      const mount = { volumeMounts: [{ name: "out", mountPath: "/out" }] }
      const spec = {
        restartPolicy: "Never",
        volumes: [{ name: "out", emptyDir: {} }],
        initContainers: [
          { ...shell("echo one >> /out/log", mount), name: "one" },
          {
            ...shell(
              "trap 'echo bye >> /out/log; exit 0' TERM; echo side >> /out/log; while :; do sleep 0.05; done",
              mount,
            ),
            name: "side",
            restartPolicy: "Always",
          },
          { ...shell("sleep 0.3; echo two >> /out/log", mount), name: "two" },
        ],
      }
      await kube.create(
        path("pods"),
        podOf("ordered", shell("cat /out/log; echo main", mount), spec),
      )
      const pod = await until(ground, "ordered", isDone)
      assert.equal(at(pod, "status", "phase"), "Succeeded")
      assert.equal(await logOf(ground, "ordered"), "one\nside\ntwo\nmain\n")
    })

    test("readiness follows its probe, and a failing liveness probe restarts the container", async () => {
      const { kube, path } = ground
      const probe = (file: string): object => ({
        exec: { command: ["test", "-e", file] },
        periodSeconds: 1,
        failureThreshold: 1,
      })
      const container = shell("touch /flags/live; sleep 0.5; touch /flags/ready; exec sleep 100", {
        readinessProbe: probe("/flags/ready"),
        livenessProbe: {
          ...probe("/flags/live"),
          initialDelaySeconds: 1,
          terminationGracePeriodSeconds: 1,
        },
        volumeMounts: [{ name: "flags", mountPath: "/flags" }],
      })
      const volumes = [
        {
          name: "flags",
          hostPath: { path: `${site.dir}/flags-${isolation}`, type: "DirectoryOrCreate" },
        },
      ]
      await kube.create(path("pods"), podOf("probed", container, { volumes }))
      await until(ground, "probed", (pod) => isRunning(pod) && at(statusOf(pod), "ready") === false)
      await until(ground, "probed", (pod) => at(statusOf(pod), "ready") === true)
      await rm(`${site.dir}/flags-${isolation}/live`)
      await until(ground, "probed", (pod) => at(statusOf(pod), "restartCount") === 1)
      await kube.call("DELETE", path("pods", "probed"), { query: { gracePeriodSeconds: "0" } })
    })

    test("when the main process ends, all that it left behind ends with it", async () => {
      const { kube, path } = ground
      const script =
        "cd /home; setsid sh -c 'sleep 1000; :' & setsid sleep 1000 & sleep 0.3; echo up; while [ ! -e /home/stop ]; do sleep 0.05; done"
      const container = shell(script, { volumeMounts: [{ name: "home", mountPath: "/home" }] })
      const volumes = [
        {
          name: "home",
          hostPath: { path: `${site.dir}/home-${isolation}`, type: "DirectoryOrCreate" },
        },
      ]
      await kube.create(path("pods"), podOf("left", container, { volumes, restartPolicy: "Never" }))
      await until(ground, "left", isRunning)
      await untilLogged(ground, "left", "up")
      const name = { namespace: ground.namespace, pod: "left", container: "main" }
      const processes = await site.faults.processes(name)
      assert.ok(processes.length >= 3, JSON.stringify(processes))
      await writeFile(`${site.dir}/home-${isolation}/stop`, "")
      await until(ground, "left", isDone)
      for (const { pid, command } of processes) assert.ok(!isAlive(pid), command)
    })

    test("a deleted pod is asked to end, and made to when its grace is over", async () => {
      const { kube, path } = ground
      const polite = shell("trap 'echo asked; exit 0' TERM; echo up; while :; do sleep 0.05; done")
      await kube.create(path("pods"), podOf("polite", polite))
      await untilLogged(ground, "polite", "up")
      using watch = await kube.watch(path("pods"), { fieldSelector: "metadata.name=polite" })
      await kube.must(200, "DELETE", path("pods", "polite"))
      const last = await watch.find("DELETED", "polite")
      assert.equal(at(statusOf(last), "state", "terminated", "exitCode"), 0)
      const deaf = shell("trap '' TERM; echo up; while :; do sleep 0.05; done")
      await kube.create(path("pods"), podOf("deaf", deaf))
      await untilLogged(ground, "deaf", "up")
      using other = await kube.watch(path("pods"), { fieldSelector: "metadata.name=deaf" })
      await kube.must(200, "DELETE", path("pods", "deaf"))
      const killed = await other.find("DELETED", "deaf")
      assert.equal(at(statusOf(killed), "state", "terminated", "exitCode"), 137)
    })

    test("a Service forwards to ready pods and refuses when there are none", async () => {
      const { kube, path } = ground
      const answers =
        "exec node -e \"require('net').createServer((s) => s.end(process.env.POD)).listen(8000, process.env.IP)\""
      const env = [
        { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
        { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      ]
      const service = await kube.create(path("services"), {
        metadata: { name: "svc" },
        spec: { selector: { app: "svc" }, ports: [{ port: 80, targetPort: 8000 }] },
      })
      const address = text(service, "spec", "clusterIP")
      await assert.rejects(readFrom(address, 80), /ECONNREFUSED/)
      const readinessProbe = { tcpSocket: { port: 8000 }, periodSeconds: 1 }
      await kube.create(path("pods"), {
        metadata: { name: "svc-0", labels: { app: "svc" } },
        spec: {
          containers: [shell(answers, { env, readinessProbe })],
          terminationGracePeriodSeconds: 1,
        },
      })
      await until(ground, "svc-0", (pod) => at(statusOf(pod), "ready") === true)
      await kube.until(path("endpoints"), (all) =>
        all.find((one) => nameOf(one) === "svc" && list(one, "subsets").length > 0),
      )
      assert.equal(await readFrom(address, 80), "svc-0")
      await kube.call("DELETE", path("pods", "svc-0"), { query: { gracePeriodSeconds: "0" } })
      await kube.until(path("endpoints"), (all) =>
        all.find((one) => nameOf(one) === "svc" && list(one, "subsets").length === 0),
      )
      await assert.rejects(readFrom(address, 80), /ECONNREFUSED/)
    })

    test("a pod's token may do what its role says and nothing else", async () => {
      const { kube, path } = ground
      await kube.create(path("roles"), {
        metadata: { name: "reader" },
        rules: [
          { apiGroups: [""], resources: ["configmaps"], resourceNames: ["open"], verbs: ["get"] },
        ],
      })
      await kube.create(path("rolebindings"), {
        metadata: { name: "reader" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "reader" },
        subjects: [{ kind: "ServiceAccount", name: "default" }],
      })
      for (const name of ["open", "closed"]) await kube.create(path("configmaps"), configMap(name))
      const script = `exec node -e "
        const https = require('https'), fs = require('fs'), dir = process.env.DIR
        const ask = (name) => https.get({ host: process.env.KUBERNETES_SERVICE_HOST, port: process.env.KUBERNETES_SERVICE_PORT,
          path: '/api/v1/namespaces/${ground.namespace}/configmaps/' + name, ca: fs.readFileSync(dir + '/ca.crt'),
          headers: { authorization: 'Bearer ' + fs.readFileSync(dir + '/token') } }, (r) => { console.log(name, r.statusCode); r.resume() })
        ask('open'); ask('closed')"`
      const env = [{ name: "DIR", value: "/var/run/secrets/kubernetes.io/serviceaccount" }]
      await kube.create(
        path("pods"),
        podOf("asker", shell(script, { env }), { restartPolicy: "Never" }),
      )
      await until(ground, "asker", isDone)
      const lines = (await logOf(ground, "asker")).trim().split("\n").toSorted()
      assert.deepEqual(lines, ["closed 403", "open 200"])
    })

    test("a frozen container does nothing until it is thawed", async () => {
      const { kube, path } = ground
      await kube.create(path("pods"), podOf("frozen", shell("echo up; exec sleep 1000")))
      await untilLogged(ground, "frozen", "up")
      const name = { namespace: ground.namespace, pod: "frozen", container: "main" }
      await site.faults.freeze(name)
      assert.ok((await site.faults.processes(name)).every(({ state }) => state === "T"))
      assert.equal((await site.faults.list()).length, 1)
      await site.faults.mendAll()
      assert.ok((await site.faults.processes(name)).every(({ state }) => state !== "T"))
      const { pid } = await site.faults.kill(name, { match: "sleep" })
      await until(ground, "frozen", (pod) => at(statusOf(pod), "restartCount") === 1)
      assert.ok(!isAlive(pid))
      await kube.call("DELETE", path("pods", "frozen"), { query: { gracePeriodSeconds: "0" } })
    })

    test("a vanished node takes its processes, keeps its objects, and brings them back", async () => {
      const { kube, path } = ground
      const pod = podOf("stranded", shell("echo up; exec sleep 1000"), { nodeName: "node-2" })
      const made = await kube.create(path("pods"), pod)
      await untilLogged(ground, "stranded", "up")
      const name = { namespace: ground.namespace, pod: "stranded", container: "main" }
      const [main] = await site.faults.processes(name)
      await site.faults.vanishNode("node-2")
      assert.ok(main !== undefined && !isAlive(main.pid))
      const lost = await until(ground, "stranded", (one) =>
        list(one, "status", "conditions").some(
          (all) => at(all, "type") === "Ready" && at(all, "status") === "False",
        ),
      )
      assert.equal(uidOf(lost), uidOf(made))
      assert.ok(isRunning(lost), "nobody saw the container end")
      await site.faults.restoreNode("node-2")
      const back = await until(
        ground,
        "stranded",
        (one) => at(statusOf(one), "restartCount") === 1 && isRunning(one),
      )
      assert.equal(uidOf(back), uidOf(made))
      assert.notEqual(text(back, "status", "podIP"), text(lost, "status", "podIP"))
      await kube.call("DELETE", path("pods", "stranded"), { query: { gracePeriodSeconds: "0" } })
    })

    test("objects, volumes and pods outlive microkube, and nothing of it outlives a SIGKILL", async () => {
      const { namespace } = ground
      const container = shell(
        "echo $(cat /data/count 2>/dev/null)x > /data/count; cat /data/count; setsid sleep 1000 & exec sleep 1000",
        {
          volumeMounts: [{ name: "data", mountPath: "/data" }],
        },
      )
      await ground.kube.create(ground.path("statefulsets"), {
        metadata: { name: "kept" },
        spec: {
          replicas: 1,
          serviceName: "kept",
          selector: { matchLabels: { app: "kept" } },
          template: {
            metadata: { labels: { app: "kept" } },
            spec: { containers: [container], terminationGracePeriodSeconds: 1 },
          },
          volumeClaimTemplates: [
            {
              metadata: { name: "data" },
              spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
            },
          ],
        },
      })
      const name = { namespace, pod: "kept-0", container: "main" }
      await until(ground, "kept-0", isRunning)
      await untilLogged(ground, "kept-0", "x")
      const before = await ground.kube.get(ground.path("pods", "kept-0"))
      const processes = await site.faults.processes(name)
      await site.end("SIGKILL")
      await site.start()
      ground = site.ground(namespace)
      const running = await until(
        ground,
        "kept-0",
        (pod) => isRunning(pod) && at(statusOf(pod), "restartCount") === 1,
      )
      for (const { pid, command } of processes) assert.ok(!isAlive(pid), command)
      assert.equal(uidOf(running), uidOf(before))
      await untilLogged(ground, "kept-0", "xx")
      const now = await site.faults.processes(name)
      assert.equal(await site.end("SIGTERM"), 0)
      for (const { pid, command } of now) assert.ok(!isAlive(pid), command)
      await site.start()
      ground = site.ground(namespace)
      await until(ground, "kept-0", isRunning)
      await untilLogged(ground, "kept-0", "xxx")
      await site.faults.loseVolume(namespace, "data-kept-0", "empty")
      await ground.kube.call("DELETE", ground.path("pods", "kept-0"), {
        query: { gracePeriodSeconds: "0" },
      })
      await until(ground, "kept-0", (pod) => uidOf(pod) !== uidOf(before) && isRunning(pod))
      await untilLogged(ground, "kept-0", "x")
      assert.equal(await logOf(ground, "kept-0"), "x\n")
    })

    test("a client cut from the API is not answered, and its watch catches up when it is mended", async () => {
      const { kube, path } = ground
      using watch = await kube.watch(path("configmaps"), { fieldSelector: "metadata.name=cut" })
      const id = await site.faults.breakApi({ mode: "drop", match: { userAgent: "contract/" } })
      const silent = kube.call("POST", path("configmaps"), { body: configMap("silent") })
      let isAnswered = false
      void silent.then(() => (isAnswered = true)).catch(() => undefined)
      const error = await site.faults.breakApi({
        mode: "error",
        code: 503,
        match: { user: "nobody" },
      })
      assert.equal((await site.faults.list()).length, 2)
      assert.equal(isAnswered, false)
      await site.faults.mend(error)
      await site.faults.mend(id)
      await kube.create(path("configmaps"), configMap("cut"))
      await watch.find("ADDED", "cut")
      const busy = await site.faults.breakApi({ mode: "error", code: 503, match: { all: true } })
      assert.equal((await kube.call("GET", path("configmaps"))).status, 503)
      await site.faults.mend(busy)
      assert.equal((await kube.call("GET", path("configmaps"))).status, 200)
    })

    test("a pod whose network is cut is reached by nobody, where the host can do that", async (t) => {
      const { kube, path } = ground
      const answers =
        "exec node -e \"require('net').createServer((s) => s.end('here')).listen(8000, process.env.IP, () => console.log('up'))\""
      const env = [{ name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } }]
      await kube.create(path("pods"), podOf("lonely", shell(answers, { env })))
      await untilLogged(ground, "lonely", "up")
      const address = text(await kube.get(path("pods", "lonely")), "status", "podIP")
      assert.equal(await readFrom(address, 8000), "here")
      try {
        await site.faults.cutNetwork(ground.namespace, "lonely")
      } catch (error) {
        assert.match(String(error), /root, iptables/)
        t.skip("this host can not tell one pod's packets from another's")
        return
      }
      await assert.rejects(readFrom(address, 8000), /no answer/)
      await site.faults.mendNetwork(ground.namespace, "lonely")
      assert.equal(await readFrom(address, 8000), "here")
    })
  })
}

/** All that a server says before it ends. */
function readFrom(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    let said = ""
    socket.setTimeout(2_000, () => socket.destroy(new Error("no answer")))
    socket.on("data", (chunk) => (said += chunk.toString()))
    socket.once("error", reject)
    socket.once("end", () => resolve(said))
  })
}
