/** What a person types into the search of satellites or clusters: words, and labels of satellites as `zone=north`. */
export type SearchWords = {
  readonly search?: string
  /** As REST takes them: `zone=north,tier=edge`. */
  readonly labels?: string
}

const label = /^[A-Za-z0-9][A-Za-z0-9_.-]*=[A-Za-z0-9_.-]*$/

/** A word that is no whole label yet is searched for as it stands. */
export function searchWords(text: string | undefined): SearchWords {
  const words = (text ?? "").split(/[\s,]+/).filter((word) => word !== "")
  const labels = words.filter((word) => label.test(word))
  const search = words.filter((word) => !label.test(word)).join(" ")
  return {
    ...(search === "" ? {} : { search }),
    ...(labels.length === 0 ? {} : { labels: labels.join(",") }),
  }
}
