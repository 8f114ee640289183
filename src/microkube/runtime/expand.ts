/** `$(NAME)` in commands, arguments and environment values, as Kubernetes expands it. */

/** Unknown names stay as they are; `$$` is one dollar. */
export const expanded = (text: string, known: ReadonlyMap<string, string>): string =>
  text.replaceAll(/\$\$|\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)/g, (whole, name: string | undefined) =>
    name === undefined ? "$" : (known.get(name) ?? whole),
  )
