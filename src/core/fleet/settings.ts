/** What central decides about a site as a whole, beside the clusters that run there. Kept at the site. */

export type SiteSettings = {
  /** What central calls the satellite: for sentences that people read. */
  readonly satelliteName: string
  /** Which StorageClass of this site a tier means. */
  readonly tiers: Readonly<Record<string, string>>
  /** Registry, with a path where it has one, that images of clusters are pulled from; undefined: from where they are named. */
  readonly imageMirror: string | undefined
}
