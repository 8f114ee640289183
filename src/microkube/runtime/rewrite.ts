/**
 * Where a container sees its volumes: mount paths, exchanged for the folders of this host in the
 * texts that a pod's spec hands to a program.
 */
export type Mount = { readonly path: string; readonly folder: string }

/** Characters that go on a name: a path found right after one is the tail of another path. */
const inName = /[A-Za-z0-9_.~-]/

/**
 * Exchanges every mount path in the text. The longest path wins; a path counts only where it begins
 * and ends at a boundary, so that neither `/data2` nor `/srv/data` is taken for `/data`. An option
 * with its value attached (`-D/data`) counts too.
 */
export function rewritten(text: string, mounts: readonly Mount[]): string {
  const byLength = mounts.toSorted((a, b) => b.path.length - a.path.length)
  let result = ""
  for (let at = 0; at < text.length;) {
    const found = byLength.find(
      ({ path }) => text.startsWith(path, at) && begins(text, at) && ends(text, at + path.length),
    )
    if (found === undefined) {
      result += text.charAt(at)
      at += 1
    } else {
      result += found.folder
      at += found.path.length
    }
  }
  return result
}

function begins(text: string, at: number): boolean {
  if (at === 0 || !inName.test(text.charAt(at - 1))) return true
  return /(^|\s)-[A-Za-z]$/.test(text.slice(0, at))
}

const ends = (text: string, at: number): boolean =>
  at === text.length || text.charAt(at) === "/" || !inName.test(text.charAt(at))
