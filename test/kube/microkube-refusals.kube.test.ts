/** What microkube refuses, in words, without a change and without falling over. */
import assert from "node:assert/strict"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { after, before, describe, test } from "node:test"
import { join } from "node:path"
import { connect } from "node:tls"
import { configMap } from "./contract/ground.ts"
import { at, text } from "./contract/raw-kube.ts"
import { MicrokubeSite } from "./microkube-site.ts"

const maps = "/api/v1/namespaces/default/configmaps"

describe("bad input to microkube", () => {
  let site: MicrokubeSite
  before(async () => {
    site = await MicrokubeSite.open({ block: "127.95" })
  })
  after(async () => {
    await site[Symbol.asyncDispose]()
  })

  /**
   * Sends bytes as they are and reads the answer to its end. A server that refuses at once may cut the
   * connection while the end of the request is on its way: then what came before counts, if anything did.
   */
  async function raw(request: string): Promise<string> {
    const address = at(await site.kube.get("/api"), "serverAddressByClientCIDRs", 0)
    const url = new URL(`https://${text(address, "serverAddress")}`)
    const socket = connect({
      host: url.hostname,
      port: Number(url.port),
      rejectUnauthorized: false,
    })
    await once(socket, "secureConnect")
    socket.end(request)
    let answer = ""
    try {
      for await (const chunk of socket) answer += String(chunk)
    } catch (failure) {
      if (!(failure instanceof Error && "code" in failure && failure.code === "ECONNRESET"))
        throw failure
    }
    return answer
  }

  test("a caller without a token, or with a false one, learns nothing", async () => {
    for (const token of [
      "",
      "authorization: Bearer wrong\r\n",
      "authorization: Bearer a.b.c\r\n",
    ]) {
      const answer = await raw(
        `GET ${maps} HTTP/1.1\r\nhost: x\r\n${token}connection: close\r\n\r\n`,
      )
      assert.match(answer, /^HTTP\/1\.1 401 /)
      assert.match(answer, /"reason":"Unauthorized"/)
    }
  })

  test("what is no HTTP, no address or no end of a body is refused, and the server goes on", async () => {
    assert.match(await raw("nonsense\r\n\r\n"), /^(HTTP\/1\.1 400 |$)/)
    assert.match(
      await raw("GET // HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
      /^HTTP\/1\.1 400 /,
    )
    await raw("POST /api HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{")
    await site.kube.get(maps)
  })

  test("bodies that are too large, no JSON, no object or of another kind change nothing", async () => {
    const before = await site.kube.get(maps)
    const huge = configMap("huge", { a: "x".repeat(4 * 1024 * 1024) })
    assert.equal((await site.kube.call("POST", maps, { body: huge })).status, 413)
    const large = configMap("large", { a: "x".repeat(2 * 1024 * 1024) })
    assert.equal((await site.kube.call("POST", maps, { body: large })).status, 422)
    for (const body of [
      [1],
      "text",
      7,
      { kind: "Secret", apiVersion: "v1", metadata: { name: "a" } },
    ]) {
      assert.equal((await site.kube.call("POST", maps, { body })).status, 400, JSON.stringify(body))
    }
    const now = await site.kube.get(maps)
    assert.equal(
      text(now, "metadata", "resourceVersion"),
      text(before, "metadata", "resourceVersion"),
    )
  })

  test("a fault that is not understood is refused with what it should have been", async () => {
    const faults = "/microkube/v1/faults"
    for (const [body, why] of [
      [{ mode: "drop" }, /match/],
      [{ mode: "explode", match: { all: true } }, /mode/],
      [{ mode: "slow", match: { all: true } }, /delayMs/],
      [{ mode: "error", code: 200, match: { all: true } }, /code/],
      [{ mode: "drop", match: { pod: "no-namespace" } }, /match\.pod/],
    ] as const) {
      const refused = await site.kube.call("POST", faults, { body })
      assert.equal(refused.status, 400)
      assert.match(text(refused.body, "message"), why)
    }
    assert.equal((await site.kube.call("POST", "/microkube/v1/nodes/none/vanish")).status, 404)
    assert.equal((await site.kube.call("DELETE", `${faults}/api-99`)).status, 404)
  })

  test("a second microkube on the same folder is refused", async () => {
    const program = join(import.meta.dirname, "../../src/microkube/main.ts")
    const given = ["--dir", join(site.dir, "d"), "--name", "b", "--block", "127.95"]
    const child = spawn(process.execPath, [program, ...given], {
      stdio: ["ignore", "ignore", "pipe"],
    })
    let said = ""
    child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()))
    await once(child, "close")
    assert.equal(child.exitCode, 1)
    assert.match(said, new RegExp(`pid ${site.pid} works on`))
  })
})
