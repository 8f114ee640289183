/** Editing deployment rules, and what that would do, said before. */
import * as z from "zod"
import { matchEnds } from "#core/rollout/match-end.ts"
import { verdicts } from "#core/rollout/preview.ts"
import { createRuleBody } from "#wire/rest/profiles.ts"
import { satelliteStates } from "#wire/rest/satellites.ts"
import { confirmedDeletes } from "#wire/rest/shapes.ts"

const { profileId, selector, clusterName, namespace } = createRuleBody.shape

export const editRuleBody = z.strictObject({
  /** As it was read: a change that somebody else made meanwhile is not overwritten. */
  version: z.int(),
  name: createRuleBody.shape.name.optional(),
  /** For clusters that the rule makes from now on; those that are there keep their profile. */
  profileId: profileId.optional(),
  selector: selector.optional(),
  clusterName: clusterName.optional(),
  namespace: namespace.optional(),
  onMatchEnd: z.enum(matchEnds).optional(),
  confirmedDeletes,
})

export const previewRuleBody = z.strictObject({
  /** The rule that would be edited; absent for a new one. */
  ruleId: z.uuid().optional(),
  /** Absent: that of the rule; with it, sites that lack something for its clusters are told. */
  profileId: profileId.optional(),
  selector,
  clusterName,
  namespace,
  onMatchEnd: z.enum(matchEnds).default("keep"),
})

/** How many satellites or clusters one list of a preview shows. */
export const previewMax = 500

const endedSchema = z.object({
  clusterId: z.uuid(),
  name: z.string(),
  namespace: z.string(),
  satelliteId: z.uuid(),
  satelliteName: z.string(),
})

export const rulePreviewSchema = z.object({
  /** Approved satellites that the rule matches, and how many there are of each verdict. */
  matchCount: z.number().int(),
  counts: z.record(z.enum(verdicts), z.number().int()),
  /** The first of them by name. */
  matches: z.array(
    z.object({
      satelliteId: z.uuid(),
      satelliteName: z.string(),
      state: z.enum(satelliteStates),
      verdict: z.enum(verdicts),
      reason: z.string().nullable(),
      /** What the site lacks, so that a cluster made there would wait; absent where nothing is known to. */
      warning: z.string().optional(),
    }),
  ),
  /** Clusters that the rule made and would not want any more, by what would become of them. */
  ended: z.object({
    keep: z.array(endedSchema),
    pause: z.array(endedSchema),
    delete: z.array(endedSchema),
    /** Would have to be deleted and is protected: saving is refused. */
    isProtected: z.array(endedSchema),
  }),
  /** Clusters that the rule paused and that would go on. */
  resumed: z.array(endedSchema),
  /** Whether saving would be refused, and why. */
  refusal: z.string().nullable(),
})
export type RulePreview = z.infer<typeof rulePreviewSchema>
