/**
 * `pods/NAME/exec` over a WebSocket, as kubectl speaks it since 1.30: each message begins with the
 * number of its channel (0 input, 1 output, 2 errors, 3 the result as a Status, 255 the end of one).
 */
import { type ChildProcess, spawn } from "node:child_process"
import type { IncomingMessage } from "node:http"
import type { Duplex } from "node:stream"

import { type WebSocket, WebSocketServer } from "ws"

import type { JsonObject } from "../json.ts"
import type { Inside } from "../runtime/exec.ts"

const channels = { input: 0, output: 1, errors: 2, result: 3, close: 255 } as const
const protocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"]
const messageBytesMax = 1024 * 1024

export class ExecServer {
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: messageBytesMax,
    handleProtocols: (offered) => protocols.find((one) => offered.has(one)) ?? false,
  })

  /** Runs the command and joins its streams with the client's until one of the two ends. */
  serve(request: IncomingMessage, socket: Duplex, head: Buffer, inside: Inside): void {
    this.#sockets.handleUpgrade(request, socket, head, (client) => {
      join(client, inside)
    })
  }

  close(): void {
    for (const client of this.#sockets.clients) client.terminate()
    this.#sockets.close()
  }
}

function join(client: WebSocket, inside: Inside): void {
  const [program = "", ...args] = inside.command
  const child = spawn(program, args, {
    env: { ...inside.env },
    cwd: "/",
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  })
  const send = (channel: number, data: Buffer): void => {
    if (client.readyState === client.OPEN)
      client.send(Buffer.concat([Buffer.from([channel]), data]))
  }
  child.stdout.on("data", (data: Buffer) => {
    send(channels.output, data)
  })
  child.stderr.on("data", (data: Buffer) => {
    send(channels.errors, data)
  })
  child.stdin.on("error", () => undefined)
  const finish = (result: JsonObject): void => {
    send(channels.result, Buffer.from(JSON.stringify(result)))
    client.close(1000)
  }
  child.once("error", (error) => {
    finish({
      metadata: {},
      status: "Failure",
      message: error.message,
      reason: "InternalError",
      code: 500,
    })
  })
  child.once("close", (code, signal) => {
    finish(resultOf(code ?? 137, signal))
  })
  client.on("message", (message: Buffer) => {
    take(child, message)
  })
  client.on("error", () => {
    client.terminate()
  })
  client.once("close", () => {
    end(child)
  })
}

function take(child: ChildProcess, message: Buffer): void {
  const [channel, target] = message
  if (channel === channels.input) child.stdin?.write(message.subarray(1))
  else if (channel === channels.close && target === channels.input) child.stdin?.end()
}

/** What it started goes with it: it leads a group of its own. */
function end(child: ChildProcess): void {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  try {
    process.kill(-child.pid, "SIGKILL")
  } catch {
    // It ended just now.
  }
}

const resultOf = (code: number, signal: NodeJS.Signals | null): JsonObject =>
  code === 0
    ? { metadata: {}, status: "Success" }
    : {
        metadata: {},
        status: "Failure",
        reason: "NonZeroExitCode",
        message: `command terminated with non-zero exit code: ${signal ?? `exit status ${code}`}`,
        details: { causes: [{ reason: "ExitCode", message: String(code) }] },
      }
