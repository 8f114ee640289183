/** Quantities such as `500m` and `10Gi`, in the one spelling a server gives them back in. */

const binary = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
const decimal = ["n", "u", "m", "", "k", "M", "G", "T", "P", "E"]
const written = /^([+-]?\d*\.?\d*)(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?\d+))?$/

type Scaled = { readonly digits: bigint; readonly scale: number; readonly isBinary: boolean }

/** `digits × 10^scale`, exact. */
function read(text: string): Scaled | undefined {
  const found = written.exec(text.trim())
  const number = found?.[1] ?? ""
  if (found === null || !/\d/.test(number)) return undefined
  const [whole = "", fraction = ""] = number.split(".")
  const digits = BigInt(`${whole}${fraction}`.replace("+", "") || "0")
  const point = -fraction.length
  if (found[2] !== undefined) {
    const factor = 1024n ** BigInt(binary.indexOf(found[2]) + 1)
    return { digits: digits * factor, scale: point, isBinary: true }
  }
  if (found[4] !== undefined) {
    return { digits, scale: point + Number(found[4]), isBinary: false }
  }
  const step = decimal.indexOf(found[3] ?? "") - 3
  return { digits, scale: point + step * 3, isBinary: false }
}

/** The canonical spelling: `1024Mi` is `1Gi`, `1000m` is `1`, `0.5` is `500m`; undefined if unreadable. */
export function canonicalQuantity(text: string): string | undefined {
  const scaled = read(text)
  if (scaled === undefined) return undefined
  let { digits, scale } = scaled
  if (digits === 0n) return "0"
  while (digits % 10n === 0n) [digits, scale] = [digits / 10n, scale + 1]
  if (scaled.isBinary && scale >= 0) return binaryText(digits * 10n ** BigInt(scale))
  // Nothing finer than a nano is kept: it is rounded up, never down to nothing.
  if (scale < -9) {
    const cut = 10n ** BigInt(-9 - scale)
    ;[digits, scale] = [(digits + cut - 1n) / cut, -9]
  }
  const step = Math.min(Math.floor(scale / 3), 6)
  return `${digits * 10n ** BigInt(scale - step * 3)}${decimal[step + 3] ?? ""}`
}

function binaryText(value: bigint): string {
  let [amount, unit] = [value, -1]
  while (amount % 1024n === 0n && unit < binary.length - 1) {
    ;[amount, unit] = [amount / 1024n, unit + 1]
  }
  return `${amount}${unit < 0 ? "" : (binary[unit] ?? "")}`
}

/** The amount as a plain number (bytes, cores), rounded up; 0 where the text is no quantity. */
export function quantityValue(text: string): number {
  const scaled = read(text)
  return scaled === undefined ? 0 : Number(scaled.digits) * 10 ** scaled.scale
}
