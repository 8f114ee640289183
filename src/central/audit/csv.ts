/** Comma-separated values (RFC 4180) that a spreadsheet shows and never runs. */

/** One record with its end of line. Numbers are written as they are, null as nothing. */
export const csvLine = (cells: readonly (string | number | null)[]): string =>
  `${cells.map(cell).join(",")}\r\n`

function cell(value: string | number | null): string {
  if (value === null) return ""
  if (typeof value === "number") return String(value)
  // A spreadsheet takes text that begins so for a formula; names are given by people.
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
