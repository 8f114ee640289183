/** Quantities as Kubernetes writes them in a pod's resources. */

const memoryUnits: Readonly<Record<string, number>> = {
  "": 1,
  K: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
}

/** Bytes of `512Mi`; undefined when the text is no quantity of memory. */
export function parseMemory(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|K|M|G|T)?$/.exec(text)
  const unit = memoryUnits[found?.[2] ?? ""]
  return found === null || unit === undefined ? undefined : Number(found[1]) * unit
}

/** Cores of `500m` or `2`; undefined when the text is no quantity of CPU. */
export function parseCpu(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?)(m)?$/.exec(text)
  if (found === null) return undefined
  return Number(found[1]) / (found[2] === undefined ? 1 : 1000)
}
