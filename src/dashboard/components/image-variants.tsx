/** The variants of images: what they have in common, and as whom PostgreSQL runs in them. */
import { useInfiniteQuery } from "@tanstack/react-query"
import { imageVariantsQuery } from "../api/catalogue-queries.ts"
import { Panel } from "../ui/panel.tsx"
import { LoadingRows } from "../ui/states.tsx"
import { LoadFailed } from "./load-failed.tsx"
import { UsedBy } from "./used-by.tsx"

export function ImageVariants() {
  const query = useInfiniteQuery(imageVariantsQuery)
  const variants = query.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <Panel title="Variants">
      {query.isPending ? (
        <LoadingRows what="variants" rows={2} />
      ) : query.isError ? (
        <LoadFailed
          what="The variants"
          error={query.error}
          retry={query.refetch}
          retrying={query.isFetching}
        />
      ) : (
        <ul className="divide-y divide-line">
          {variants.map(({ name, description, uid, imageCount, profiles }) => (
            <li key={name} className="flex flex-wrap items-baseline gap-x-4 gap-y-1 px-4 py-2.5">
              <span className="font-medium">{name}</span>
              <span className="min-w-0 flex-1 text-sm text-ink-2">{description}</span>
              <span className="tnum text-xs text-ink-3">
                user {uid}, {imageCount} {imageCount === 1 ? "image" : "images"}
              </span>
              <span className="text-xs text-ink-3">
                Profiles: <UsedBy profiles={profiles} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  )
}
