/** The sites of the demo are cities: easier to tell apart, and to talk about, than numbers. */
import { assert, present } from "#core/assert.ts"

const cities = [
  ["amsterdam", "west"],
  ["bergen", "north"],
  ["cadiz", "south"],
  ["dresden", "east"],
  ["edinburgh", "west"],
  ["florence", "south"],
  ["gdansk", "east"],
  ["helsinki", "north"],
  ["innsbruck", "south"],
  ["jena", "east"],
  ["krakow", "east"],
  ["lisbon", "south"],
  ["malmo", "north"],
  ["nantes", "west"],
  ["oslo", "north"],
  ["porto", "south"],
  ["quimper", "west"],
  ["riga", "north"],
  ["sofia", "east"],
  ["turku", "north"],
] as const

export type SiteName = { readonly name: string; readonly region: string }

export function siteNames(count: number): readonly SiteName[] {
  assert(count <= cities.length, "there are as many names as sites are allowed")
  return Array.from({ length: count }, (_, at) => {
    const [name, region] = present(cities[at], "there is a name for each site")
    return { name, region }
  })
}
