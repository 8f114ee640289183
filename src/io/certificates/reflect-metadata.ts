/**
 * `@peculiar/x509` stands on a dependency injector that refuses to load without the metadata functions
 * of an old decorators proposal. It uses these three, to remember a few classes; this is all of them.
 * Imported before that package, for its effect.
 */
type Registry = WeakMap<object, Map<unknown, unknown>>

const registry: Registry = new WeakMap()

const own = (key: unknown, target: object): unknown => registry.get(target)?.get(key)

function inherited(key: unknown, target: object): unknown {
  for (let at: object | null = target; at !== null; at = Reflect.getPrototypeOf(at)) {
    const found = own(key, at)
    if (found !== undefined) return found
  }
  return undefined
}

function define(key: unknown, value: unknown, target: object): void {
  const known = registry.get(target) ?? new Map<unknown, unknown>()
  registry.set(target, known.set(key, value))
}

if (!("getMetadata" in Reflect))
  Object.assign(Reflect, {
    getMetadata: inherited,
    getOwnMetadata: own,
    defineMetadata: define,
  })
