/** A cascade of one fate, as central would say it. */
import type { Cascade, Fate } from "#wire/rest/cascade.ts"

export function cascadeOf(
  fate: Fate,
  clusters: readonly Omit<Cascade["clusters"][number], "fate" | "warning">[],
): Cascade {
  const none = {
    create: 0,
    keep: 0,
    pause: 0,
    resume: 0,
    delete: 0,
    protected: 0,
    unruled: 0,
    abandoned: 0,
  }
  return {
    counts: { ...none, [fate]: clusters.length },
    clusters: clusters.map((cluster) => ({ ...cluster, fate, warning: null })),
    refusal: null,
  }
}
