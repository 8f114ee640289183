/** The title of the browser's tab, and a word to screen readers that the page is another. */
import { useEffect } from "react"

export function useTitle(title: string | undefined): void {
  useEffect(() => {
    if (title !== undefined) document.title = `${title} · pg-swarm`
  }, [title])
}
