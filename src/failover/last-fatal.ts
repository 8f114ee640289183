/** Why the server did not start, in its own words: the last of them in the file that its log is copied to. */
import { open } from "node:fs/promises"
import { join } from "node:path"
import { parseLogLine } from "#core/recovery/log-line.ts"

/** A server that does not start says so in a few lines. */
const tailBytes = 16 * 1024
const textMax = 300

/** `folder`: where the supervisor puts `server.log`. Undefined where it says nothing fatal. */
export async function lastFatal(folder: string): Promise<string | undefined> {
  let text: string
  try {
    await using file = await open(join(folder, "server.log"), "r")
    const { size } = await file.stat()
    const from = Math.max(0, size - tailBytes)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(tailBytes), 0, tailBytes, from)
    text = buffer.toString("utf8", 0, bytesRead)
  } catch {
    return undefined
  }
  const said = text.split("\n").flatMap((line) => {
    const parsed = parseLogLine(line)
    if (parsed.kind !== "message") return []
    const { severity, speaker, text: words } = parsed.message
    // A session may say whatever a client wants.
    const isFatal = severity === "FATAL" || severity === "PANIC"
    return isFatal && speaker.kind !== "session" ? [words] : []
  })
  return said.at(-1)?.slice(0, textMax)
}
