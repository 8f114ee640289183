/**
 * The part of the fleet that somebody may see and act on: the satellites that carry all labels of each
 * selector, and everything that lives there. No selector is the whole fleet; a token adds its own to
 * those of its owner, so that it can only be narrower.
 */
export type Labels = Readonly<Record<string, string>>
export type Scope = readonly Labels[]

export const wholeFleet: Scope = []

export const isWholeFleet = (scope: Scope): boolean => scope.length === 0

/** A selector without labels asks for nothing and is left out. */
export const scopeOf = (...selectors: readonly Labels[]): Scope =>
  selectors.filter((selector) => Object.keys(selector).length > 0)

export const covers = (scope: Scope, labels: Labels): boolean =>
  scope.every((selector) =>
    Object.entries(selector).every(
      ([key, value]) => Object.hasOwn(labels, key) && labels[key] === value,
    ),
  )

export const sameScope = (one: Scope, other: Scope): boolean => inWords(one) === inWords(other)

/** As people read and write selectors: `region=north tier=gold`. */
export const inWords = (scope: Scope): string =>
  isWholeFleet(scope)
    ? "every satellite"
    : [
        ...new Set(
          scope.flatMap((one) => Object.entries(one).map(([key, value]) => `${key}=${value}`)),
        ),
      ]
        .toSorted()
        .join(" ")
