/** Ranges of addresses as pg_hba.conf takes them: `10.0.0.0/8`, `2001:db8::/32`. */

type Address = { readonly bits: 32 | 128; readonly value: bigint }

/** What is wrong with a range, and what would be right; undefined for a good one. */
export function cidrProblem(text: string): string | undefined {
  const [address = "", prefix, ...rest] = text.split("/")
  const parsed = parseAddress(address)
  const shown = JSON.stringify(text.slice(0, 100))
  if (parsed === undefined)
    return `${shown} is no range of addresses such as 10.20.0.0/16 or 2001:db8::/32`
  if (prefix === undefined)
    return `${shown} has no prefix length; ${address}/${parsed.bits} is this one address`
  if (rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(prefix) || Number(prefix) > parsed.bits)
    return `${shown} has no prefix length from 0 to ${parsed.bits}`
  if (parsed.bits === 128 && parsed.value >> 32n === 0xffffn)
    return `${shown} is an IPv4 address written as IPv6, which never matches; write it as IPv4`
  const hostBits = BigInt(parsed.bits - Number(prefix))
  const network = (parsed.value >> hostBits) << hostBits
  if (network !== parsed.value)
    return `${shown} has bits set after its prefix; ${written({ bits: parsed.bits, value: network })}/${prefix} is the range, ${address}/${parsed.bits} the one address`
  return undefined
}

function parseAddress(text: string): Address | undefined {
  const value = text.includes(":") ? parseV6(text) : parseV4(text)
  return value === undefined ? undefined : { bits: text.includes(":") ? 128 : 32, value }
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split(".")
  if (parts.length !== 4) return undefined
  let value = 0n
  for (const part of parts) {
    // A leading zero is octal to some and decimal to others.
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    value = (value << 8n) | BigInt(part)
  }
  return value
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split("::")
  if (halves.length > 2) return undefined
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")))
  const [head = [], tail = []] = groups
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  let value = 0n
  for (const group of [...head, ...Array.from({ length: missing }, () => "0"), ...tail]) {
    if (!/^[0-9A-Fa-f]{1,4}$/.test(group)) return undefined
    value = (value << 16n) | BigInt(`0x${group}`)
  }
  return value
}

function written({ bits, value }: Address): string {
  const size = bits === 32 ? 8n : 16n
  const count = bits === 32 ? 4 : 8
  const groups = Array.from({ length: count }, (_, at) => {
    const group = (value >> (size * BigInt(count - 1 - at))) & ((1n << size) - 1n)
    return group.toString(bits === 32 ? 10 : 16)
  })
  if (bits === 32) return groups.join(".")
  const text = groups.join(":")
  // The longest run of zeros at the end is the usual one in a network.
  return /(:0)+$/.test(text) ? text.replace(/(:0)+$/, "::") : text
}
