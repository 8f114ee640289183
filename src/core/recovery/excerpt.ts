/** What of a message may be shown to people far away: short, printable, and without secrets. */

export const excerptMax = 300

const hidden = "***"
const rules: readonly (readonly [RegExp, string])[] = [
  // PASSWORD 'x', password = x, passfile=x, secret: x — in statements, connection strings and options.
  [
    /\b((?:pass(?:word|wd|phrase|file)?|pwd|secret|token|api[_-]?key|sslpassword|credential)s?["']?\s*(?:=|:|\s)\s*)(?:'(?:[^']|'')*'?|"(?:[^"]|"")*"?|\$([A-Za-z_]*)\$[\s\S]*?(?:\$\2\$|$)|[^\s,;)]+)/gi,
    `$1${hidden}`,
  ],
  // postgresql://user:secret@host
  [/([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)[^\s@]+@/gi, `$1${hidden}@`],
  // Verifiers as the catalog keeps them.
  [/SCRAM-SHA-256\$[^\s'"]+/g, `SCRAM-SHA-256$${hidden}`],
  [/\bmd5[0-9a-f]{32}\b/gi, `md5${hidden}`],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9+/_=.-]{8,}/g, `$1 ${hidden}`],
]

/** Words after "password" that are no secret: the server's own sentences. */
const sentence = /\bpassword authentication failed\b|\bpassword expired\b/gi

/** Redacted first and cut then, so that no cut leaves half a secret behind. */
export function excerpt(text: string, longest = excerptMax): string {
  const kept: string[] = []
  let shown = text.slice(0, 4 * longest).replaceAll(sentence, (words) => {
    kept.push(words)
    return `\uE000${kept.length - 1}\uE000`
  })
  for (const [secret, instead] of rules) shown = shown.replaceAll(secret, instead)
  shown = shown.replaceAll(/\uE000(\d+)\uE000/g, (_, index: string) => kept[Number(index)] ?? "")
  // oxlint-disable-next-line no-control-regex -- they are what must not go out
  shown = shown.replaceAll(/[\u0000-\u001f\u007f]+/g, " ").trim()
  return shown.length <= longest ? shown : `${shown.slice(0, longest - 1)}…`
}
