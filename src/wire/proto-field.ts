/** Reading single protobuf fields: each check notes its problem under the field's path and goes on. */
import type { Parsed, Problem } from "#core/parsed.ts"

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Collects everything that is wrong with one message. */
export class Reader {
  readonly #problems: Problem[] = []

  note(field: string, problem: string): void {
    this.#problems.push({ field, problem })
  }

  noteAll(problems: readonly Problem[]): void {
    this.#problems.push(...problems)
  }

  uuid(field: string, value: string): string {
    if (!uuid.test(value)) this.note(field, "expected a UUID in lower case")
    return value
  }

  /** Text that is not empty and not longer than `longest` characters. */
  text(field: string, value: string, longest: number): string {
    if (value === "") this.note(field, "must not be empty")
    return this.short(field, value, longest)
  }

  short(field: string, value: string, longest: number): string {
    if (value.length > longest) this.note(field, `at most ${longest} characters`)
    if (value.includes("\0")) this.note(field, "holds a NUL character")
    return value
  }

  /** An int64 between `least` and what a number holds exactly. */
  count(field: string, value: bigint | number, least = 0): number {
    const plain = Number(value)
    if (!Number.isSafeInteger(plain) || plain < least)
      this.note(field, `expected a whole number from ${least}`)
    return plain
  }

  /** The word that a protobuf enum stands for; UNSPECIFIED and numbers of a newer version are refused. */
  word<Word extends string>(
    field: string,
    value: number,
    words: Readonly<Record<Word, number>>,
    otherwise: NoInfer<Word>,
  ): Word {
    for (const word of Object.keys(words))
      if (isKey(words, word) && words[word] === value) return word
    this.note(field, `expected one of ${Object.keys(words).join(", ")}`)
    return otherwise
  }

  list<T>(field: string, values: readonly T[], most: number): readonly T[] {
    if (values.length <= most) return values
    this.note(field, `at most ${most} at once`)
    return values.slice(0, most)
  }

  /** A small map of short texts. */
  map(
    field: string,
    values: Readonly<Record<string, string>>,
    bounds: { readonly entries: number; readonly key: number; readonly value: number },
  ): Readonly<Record<string, string>> {
    const entries = Object.entries(values)
    if (entries.length > bounds.entries) this.note(field, `at most ${bounds.entries} entries`)
    for (const [key, value] of entries.slice(0, bounds.entries)) {
      this.text(`${field} (a key)`, key, bounds.key)
      this.short(`${field}.${key.slice(0, bounds.key)}`, value, bounds.value)
    }
    return { ...values }
  }

  done<T>(value: T): Parsed<T> {
    return this.#problems.length === 0
      ? { kind: "ok", value }
      : { kind: "bad", problems: this.#problems }
  }
}

const isKey = <T extends object>(object: T, key: string): key is Extract<keyof T, string> =>
  key in object
