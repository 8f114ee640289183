/** One request and its answer, in the words of this API. */
import type { IncomingMessage, ServerResponse } from "node:http"

import { ApiError, badRequest, unsupportedMedia } from "../api-error.ts"
import { type Json, type JsonObject, isObject } from "../json.ts"
import type { WriteOptions } from "../objects.ts"
import type { User } from "./accounts.ts"
import { protobufType, readProtobuf } from "./protobuf.ts"

/** The largest body that is read; a real server has the same bound. */
const bodyBytesMax = 3 * 1024 * 1024
const drainedBytesMax = 64 * 1024 * 1024

export type Exchange = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: URL
  readonly user: User
  /** Warnings that go into the answer's headers. */
  readonly warnings: string[]
  /** Throws where the user may not give away what the object gives. */
  readonly checkGrant: NonNullable<WriteOptions["checkGrant"]>
}

export const header = (exchange: Exchange, name: string): string | undefined => {
  const found = exchange.request.headers[name]
  return Array.isArray(found) ? found[0] : found
}

export function answer(exchange: Exchange, code: number, body: JsonObject): void {
  const { response } = exchange
  if (response.headersSent || response.destroyed) return
  const text = `${JSON.stringify(body)}\n`
  response.statusCode = code
  response.setHeader("content-type", "application/json")
  response.setHeader("content-length", Buffer.byteLength(text))
  const warnings = exchange.warnings.map((one) => `299 - ${JSON.stringify(one)}`)
  if (warnings.length > 0) response.setHeader("warning", warnings)
  response.end(text)
}

/** The body of a request that must say it is JSON (or the YAML that JSON is). */
export async function readText(exchange: Exchange): Promise<string> {
  const type = header(exchange, "content-type") ?? "application/json"
  if (!/json|yaml|^\*/.test(type)) throw unsupportedMedia(type)
  return readBody(exchange)
}

export async function readBody(exchange: Exchange): Promise<string> {
  return (await readBytes(exchange)).toString("utf8")
}

async function readBytes(exchange: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of exchange.request) {
    const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk))
    size += bytes.length
    if (size <= bodyBytesMax) chunks.push(bytes)
    // What is too large is read and dropped, so that the client hears why; not for ever, though.
    else if (size > drainedBytesMax) break
  }
  if (size > bodyBytesMax) {
    throw new ApiError(
      413,
      "RequestEntityTooLarge",
      `Request entity too large: limit is ${bodyBytesMax}`,
    )
  }
  return Buffer.concat(chunks)
}

export function parseJson(text: string): Json {
  try {
    const value: Json = JSON.parse(text)
    return value
  } catch (error) {
    if (error instanceof SyntaxError) {
      throw badRequest(`the body is not readable as JSON: ${error.message}`)
    }
    throw error
  }
}

export async function readObject(exchange: Exchange): Promise<JsonObject> {
  if (header(exchange, "content-type") === protobufType) {
    return readProtobuf(await readBytes(exchange))
  }
  const text = await readText(exchange)
  const value = parseJson(text)
  if (!isObject(value)) throw badRequest("the body must be a JSON object")
  return value
}

/** How the client wants its write done. */
export function writeOptions(exchange: Exchange, isPatch = false): WriteOptions {
  const query = exchange.url.searchParams
  const agent = header(exchange, "user-agent") ?? "unknown"
  const manager = query.get("fieldManager") ?? agent.split("/")[0] ?? "unknown"
  const dryRun = query.getAll("dryRun")
  if (dryRun.some((one) => one !== "All")) {
    throw badRequest(`Invalid value: ${JSON.stringify(dryRun)}: supported values: "All"`)
  }
  if (manager.length > 128) throw badRequest("fieldManager: Too long: may not be longer than 128")
  const validation = query.get("fieldValidation")
  return {
    manager: manager === "" ? "unknown" : manager,
    isDryRun: dryRun.length > 0,
    onUnknown:
      validation === "Strict" ? "refuse" : validation === "Ignore" || isPatch ? "ignore" : "warn",
    warnings: exchange.warnings,
    checkGrant: exchange.checkGrant,
  }
}
