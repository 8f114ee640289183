/**
 * A page of this dashboard as it comes from outside, to be gone to after signing in: only what no browser takes for
 * another site. Browsers read `\` as `/`, and leave tabs and line ends out, before they look for a host.
 */
const longest = 1500

export function isOwnPath(text: string): boolean {
  if (text.length > longest || !text.startsWith("/") || /[\\\s\p{Cc}\p{Cf}\p{Cs}]/u.test(text))
    return false
  const [path = ""] = text.split(/[?#]/, 1)
  if (path.includes("//") || path.split("/").some((part) => part === "." || part === ".."))
    return false
  // The door itself leads nowhere, and what the API answers is no page.
  return !/^\/(sign-in|api)(\/|$)/i.test(path)
}
