/**
 * The shape of Kubernetes objects, written in a small notation and read once at start. One shape
 * serves four uses: dropping unknown fields, checking types, merging by list keys (strategic merge
 * patch) and owning fields (server-side apply).
 *
 * The notation, a struct a line: `Name field:type field:type …`, where a type is
 *
 * - `str int bool num qty intstr bytes time micro any`: scalars (`time` counts seconds, `micro`
 *   microseconds), and free JSON owned as a whole
 * - `<T>`: a map with free keys, owned key by key; `!<T>`: owned as a whole
 * - `[T]`: a list owned as a whole; `(T)`: a set of scalars
 * - `{k}T`, `{k+l=TCP}T`: a list of structs known by their keys, `=` giving a key's default
 * - `Name`: a struct; `!Name`: a struct owned as a whole; `~Name`: a strategic merge of it keeps only
 *   the fields that the patch names (`retainKeys`)
 */
import { assert, present } from "#core/assert.ts"

export type Scalar = "str" | "int" | "bool" | "num" | "qty" | "intstr" | "bytes" | "time" | "micro"

export type ListKey = { readonly name: string; readonly fallback: string | undefined }

export type Shape =
  | { readonly kind: "scalar"; readonly of: Scalar }
  | { readonly kind: "any" }
  | StructShape
  | { readonly kind: "map"; readonly of: Shape; readonly isAtomic: boolean }
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "set"; readonly of: Shape }
  | { readonly kind: "keyed"; readonly keys: readonly ListKey[]; readonly of: Shape }

export type StructShape = {
  readonly kind: "struct"
  readonly name: string
  readonly fields: ReadonlyMap<string, Shape>
  readonly isAtomic: boolean
  readonly retainsKeys: boolean
}

const scalars: ReadonlySet<string> = new Set<Scalar>([
  "str",
  "int",
  "bool",
  "num",
  "qty",
  "intstr",
  "bytes",
  "time",
  "micro",
])
const isScalar = (word: string): word is Scalar => scalars.has(word)

/** All structs of the notation by name; every name that is used must be defined. */
export function readShapes(...texts: readonly string[]): ReadonlyMap<string, StructShape> {
  const fields = new Map<string, Map<string, Shape>>()
  const lines = texts
    .flatMap((text) => text.split("\n"))
    .map((line) => line.trim())
    .filter((line) => line !== "")
  for (const line of lines) fields.set(present(line.split(" ")[0], "a line has a name"), new Map())
  for (const line of lines) {
    const [name = "", ...words] = line.split(/\s+/)
    const own = present(fields.get(name), "each name was seen above")
    for (const word of words) {
      const colon = word.indexOf(":")
      assert(colon > 0, `shape ${name}: ${word} is field:type`)
      own.set(word.slice(0, colon), readType(word.slice(colon + 1), fields))
    }
  }
  return new Map([...fields].map(([name, own]) => [name, struct(name, own)]))
}

const struct = (
  name: string,
  fields: ReadonlyMap<string, Shape>,
  isAtomic = false,
  retainsKeys = false,
): StructShape => ({ kind: "struct", name, fields, isAtomic, retainsKeys })

function readType(text: string, structs: ReadonlyMap<string, Map<string, Shape>>): Shape {
  const inner = (from: number): Shape => readType(text.slice(from, -1), structs)
  if (isScalar(text)) return { kind: "scalar", of: text }
  if (text === "any") return { kind: "any" }
  if (text.startsWith("!<")) return { kind: "map", of: inner(2), isAtomic: true }
  if (text.startsWith("<")) return { kind: "map", of: inner(1), isAtomic: false }
  if (text.startsWith("[")) return { kind: "list", of: inner(1) }
  if (text.startsWith("(")) return { kind: "set", of: inner(1) }
  if (text.startsWith("{")) {
    const end = text.indexOf("}")
    const keys = text.slice(1, end).split("+").map(readKey)
    return { kind: "keyed", keys, of: readType(text.slice(end + 1), structs) }
  }
  const isAtomic = text.startsWith("!")
  const retainsKeys = text.startsWith("~")
  const name = isAtomic || retainsKeys ? text.slice(1) : text
  const fields = present(structs.get(name), `shape ${name} is defined`)
  return struct(name, fields, isAtomic, retainsKeys)
}

function readKey(text: string): ListKey {
  const [name = "", fallback] = text.split("=")
  return { name, fallback }
}
