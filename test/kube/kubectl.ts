/** The real `kubectl`, as a person at a real cluster would use it. */
import { spawn } from "node:child_process"

export class Kubectl {
  readonly #program: string
  readonly #kubeconfig: string

  constructor(program: string, kubeconfig: string) {
    this.#program = program
    this.#kubeconfig = kubeconfig
  }

  /** Runs it; returns standard output, throws with standard error when it fails. */
  run(args: readonly string[], input = "", withinMs = 120_000): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#program, ["--kubeconfig", this.#kubeconfig, ...args], {
        stdio: ["pipe", "pipe", "pipe"],
        timeout: withinMs,
      })
      let out = ""
      let err = ""
      child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString("utf8")))
      child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString("utf8")))
      child.once("error", reject)
      child.once("close", (code) => {
        if (code === 0) resolve(out)
        else
          reject(
            new Error(`kubectl ${args.join(" ")} ended with ${code ?? "a signal"}: ${err.trim()}`),
          )
      })
      child.stdin.on("error", () => undefined)
      child.stdin.end(input)
    })
  }

  apply(object: object): Promise<string> {
    return this.run(["apply", "-f", "-"], JSON.stringify(object))
  }

  /** Runs a shell line in a container. */
  shell(
    namespace: string,
    pod: string,
    container: string,
    line: string,
    input = "",
  ): Promise<string> {
    return this.run(
      ["exec", "-i", "-n", namespace, pod, "-c", container, "--", "bash", "-c", line],
      input,
      30_000,
    )
  }
}
