/** The views of a profile, which its address names. */
export const profileViews = [
  { value: "settings", name: "Settings" },
  { value: "versions", name: "Versions" },
  { value: "compare", name: "Compare" },
  { value: "clusters", name: "Clusters" },
] as const

export const profileViewNames = ["settings", "versions", "compare", "clusters"] as const
