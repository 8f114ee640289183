/** Joins class names; what is absent or false falls out. */
export const classNames = (...parts: readonly (string | false | undefined)[]): string =>
  parts.filter((part) => part !== undefined && part !== false && part !== "").join(" ")
