/**
 * Takes passwords out of lines of a log before they leave their site. PostgreSQL logs statements as they
 * were sent, `CREATE ROLE … PASSWORD '…'` too, over several lines where the statement has several: so what
 * a line leaves open is remembered for the lines that go on from it, which begin with a tab.
 *
 * What no scan of text can know is not masked: a password that is not written as one (an argument of a
 * function, a value in a table).
 */
export type MaskMemory =
  | { readonly kind: "plain" }
  /** The word PASSWORD was the last of the line. */
  | { readonly kind: "awaits" }
  /** The literal goes on. */
  | { readonly kind: "inside"; readonly end: LiteralEnd }

/** How a literal ends: by so many quotes (they are doubled within quotes), or by a dollar tag. */
type LiteralEnd =
  | { readonly kind: "quotes"; readonly count: number; readonly hasEscapes: boolean }
  | { readonly kind: "tag"; readonly tag: string }

export const plainMemory: MaskMemory = { kind: "plain" }

const hidden = "[redacted]"
const word = /\bpassword\b/gi
const between = /(?:\s|\/\*.*?\*\/)*/y
/** What may follow to the end of a line without being the password. */
const nothingMore = /\s*(?:--.*)?$/y
const quoted = /([eEnN]|[uU]&)?('+)/y
const tagged = /\$[A-Za-z_]*\$/y
const empty = /\s*(?:[,;)]|$)/y

const inConnection =
  /\b((?:ssl)?password\s*=\s*)(?:''[^']*''|'(?:\\.|[^'\\])*'?|"[^"]*"?|[^\s'"&;,)]+)/gi
const bareWord =
  /\b((?:create|alter)\s+(?:role|user|group)\b.*?\bpassword\s+)(?!null\b|\[redacted\]|[eEnN]?'|\$)([^\s;']+)/gi
const verifier = /SCRAM-SHA-256\$[^\s'"]+/g
const hash = /\bmd5[0-9a-f]{32}\b/g
const urlPassword = /(\w+:\/\/[^\s:/@]*):[^\s@]+@/g

/** The line without passwords, and what its continuation must know. */
export function masked(
  before: MaskMemory,
  line: string,
): { readonly memory: MaskMemory; readonly text: string } {
  const goesOn = line.startsWith("\t")
  const { memory, text } = withoutLiterals(goesOn ? before : plainMemory, line)
  return {
    memory,
    text: text
      .replaceAll(inConnection, `$1${hidden}`)
      .replaceAll(bareWord, `$1${hidden}`)
      .replaceAll(verifier, `SCRAM-SHA-256$$${hidden}`)
      .replaceAll(hash, `md5${hidden}`)
      .replaceAll(urlPassword, `$1:${hidden}@`),
  }
}

function withoutLiterals(
  before: MaskMemory,
  line: string,
): { readonly memory: MaskMemory; readonly text: string } {
  let memory = before
  let at = line.startsWith("\t") ? 1 : 0
  let text = line.slice(0, at)
  // Each turn moves on by at least one word or literal, or ends.
  for (;;) {
    if (memory.kind === "inside") {
      const end = endOf(line, at, memory.end)
      text += hidden
      if (end === undefined) return { memory, text }
      text += line.slice(end.from, end.to)
      at = end.to
      memory = plainMemory
    }
    if (memory.kind === "plain") {
      const found = matchFrom(word, line, at)
      if (found === undefined) return { memory, text: text + line.slice(at) }
      text += line.slice(at, found.to)
      at = found.to
    }
    const gap = matchFrom(between, line, at)?.to ?? at
    text += line.slice(at, gap)
    at = gap
    if (matchFrom(nothingMore, line, at) !== undefined)
      return { memory: { kind: "awaits" }, text: text + line.slice(at) }
    const opened = openedAt(line, at)
    memory = plainMemory
    if (opened === undefined) continue
    text += line.slice(at, opened.to)
    at = opened.to
    if (opened.end !== undefined) memory = { kind: "inside", end: opened.end }
  }
}

type Place = { readonly from: number; readonly to: number; readonly groups: readonly string[] }

function matchFrom(pattern: RegExp, line: string, at: number): Place | undefined {
  const copy = new RegExp(pattern)
  copy.lastIndex = at
  const found = copy.exec(line)
  return found === null
    ? undefined
    : {
        from: found.index,
        to: found.index + found[0].length,
        groups: found.slice(1).map((group: string | undefined) => group ?? ""),
      }
}

/** A literal that begins here, or undefined; `end` is undefined for an empty one. */
function openedAt(
  line: string,
  at: number,
): { readonly to: number; readonly end: LiteralEnd | undefined } | undefined {
  const dollar = matchFrom(tagged, line, at)
  if (dollar !== undefined)
    return { to: dollar.to, end: { kind: "tag", tag: line.slice(dollar.from, dollar.to) } }
  const quote = matchFrom(quoted, line, at)
  if (quote === undefined) return undefined
  const [prefix = "", quotes = ""] = quote.groups
  const hasEscapes = prefix.toLowerCase() === "e"
  if (quotes.length === 2 && matchFrom(empty, line, quote.to) !== undefined)
    return { to: quote.to, end: undefined }
  // An odd number opens a literal that begins with quotes; an even one is a literal within a literal.
  const count = quotes.length % 2 === 1 ? 1 : quotes.length
  return { to: quote.to, end: { kind: "quotes", count, hasEscapes } }
}

function endOf(line: string, from: number, end: LiteralEnd): Place | undefined {
  if (end.kind === "tag") {
    const at = line.indexOf(end.tag, from)
    return at < 0 ? undefined : { from: at, to: at + end.tag.length, groups: [] }
  }
  for (let at = from; at < line.length; at += 1) {
    if (end.hasEscapes && line[at] === "\\") {
      at += 1
      continue
    }
    if (line[at] !== "'") continue
    let to = at
    while (line[to] === "'") to += 1
    const run = to - at
    const ends = end.count === 1 ? run % 2 === 1 : run >= end.count && run % (2 * end.count) !== 0
    if (ends) return { from: at, to, groups: [] }
    at = to - 1
  }
  return undefined
}
