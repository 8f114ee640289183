/** The end of a list that goes on: fetched when it comes into sight, or by the button. */
import { Button } from "../ui/button.tsx"

type Props = {
  readonly shown: number
  readonly what: string
  readonly hasMore: boolean
  readonly loading: boolean
  readonly failed: boolean
  readonly onMore: () => unknown
}

export function More({ shown, what, hasMore, loading, failed, onMore }: Props) {
  if (!hasMore) {
    return shown < 20 ? null : (
      <p className="border-t border-line px-4 py-3 text-center text-xs text-ink-3">
        That is all: {shown} {what}.
      </p>
    )
  }
  const watch = (element: HTMLDivElement | null) => {
    if (element === null || failed) return undefined
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting === true) onMore()
      },
      { rootMargin: "600px" },
    )
    observer.observe(element)
    return () => observer.disconnect()
  }
  return (
    <div ref={watch} key={shown} className="flex justify-center border-t border-line py-3">
      <Button small kind="ghost" isPending={loading} onPress={() => void onMore()}>
        {loading
          ? "Loading more…"
          : failed
            ? "Could not load more. Try again"
            : `Show more ${what}`}
      </Button>
    </div>
  )
}
