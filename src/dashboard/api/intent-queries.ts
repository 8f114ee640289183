/** What the pages of profiles and rules ask central besides the lists: versions, differences, checks, previews. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query"
import { previewSatelliteBody } from "#wire/rest/cascade.ts"
import type { z } from "zod"
import type { PostgresMajor } from "#core/cluster/spec.ts"
import type { ShownParameter } from "#wire/rest/parameters.ts"
import type { ProfileSpecBody } from "#wire/rest/profiles.ts"
import type { previewRuleBody } from "#wire/rest/rules.ts"
import { call } from "./client.ts"
import { CallFailed } from "./failure.ts"
import { every, first, from, keys, nextPage } from "./queries.ts"

export const profileVersionsQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: [...keys.profileVersions, id],
    queryFn: ({ pageParam, signal }) =>
      call(
        "listProfileVersions",
        { params: { id }, query: { limit: 50, ...from(pageParam) } },
        signal,
      ),
    initialPageParam: first,
    getNextPageParam: nextPage,
  })

export const profileVersionQuery = (id: string, specVersion: number) =>
  queryOptions({
    queryKey: [...keys.profileVersion, id, specVersion],
    queryFn: ({ signal }) => call("getProfileVersion", { params: { id, specVersion } }, signal),
  })

export const profileDiffQuery = (
  id: string,
  between: { readonly from: number; readonly to: number },
) =>
  queryOptions({
    queryKey: [...keys.profileDiff, id, between],
    queryFn: ({ signal }) => call("diffProfile", { params: { id }, query: between }, signal),
    placeholderData: keepPreviousData,
  })

export const cascadeQuery = (id: string, to: number) =>
  queryOptions({
    queryKey: [...keys.profileCascade, id, to],
    queryFn: ({ signal }) => call("cascadeOfProfile", { params: { id }, query: { to } }, signal),
    placeholderData: keepPreviousData,
  })

export const impactQuery = (id: string, specVersion: number) =>
  queryOptions({
    queryKey: [...keys.profileImpact, id, specVersion],
    queryFn: ({ signal }) =>
      call("previewImpact", { params: { id, specVersion }, body: {} }, signal),
    placeholderData: keepPreviousData,
  })

export type ParameterTable = ReadonlyMap<string, ShownParameter>

/** Every parameter of a major, by name. */
export const parametersQuery = (major: PostgresMajor | `${PostgresMajor}`) =>
  queryOptions({
    queryKey: [...keys.parameters, String(major)],
    queryFn: async ({ signal }): Promise<ParameterTable> => {
      const all = await every((query) =>
        call("listParameters", { query: { ...query, major: String(major) } }, signal),
      )
      return new Map(all.items.map((parameter) => [parameter.name, parameter]))
    },
    staleTime: 60_000,
  })

type Remark = { readonly field: string; readonly problem: string }
export type Checked = {
  readonly problems: readonly Remark[]
  readonly warnings: readonly Remark[]
}

/** What central says of a spec. A spec that it refuses is an answer here, not a failure. */
export const profileCheckQuery = (spec: ProfileSpecBody | undefined) =>
  queryOptions({
    queryKey: [...keys.profileCheck, spec],
    queryFn: async ({ signal }): Promise<Checked> => {
      if (spec === undefined) return { problems: [], warnings: [] }
      try {
        const { warnings } = await call("checkProfile", { body: { spec } }, signal)
        return { problems: [], warnings }
      } catch (error) {
        const failure = error instanceof CallFailed ? error.failure : undefined
        if (failure?.kind !== "refused" || failure.problem.problems === undefined) throw error
        return { problems: failure.problem.problems, warnings: [] }
      }
    },
    enabled: spec !== undefined,
    staleTime: 60_000,
    gcTime: 60_000,
    retry: false,
  })

export type RuleToPreview = z.input<typeof previewRuleBody>

export const rulePreviewQuery = (body: RuleToPreview | undefined) =>
  queryOptions({
    queryKey: [...keys.rulePreview, body],
    queryFn: ({ signal }) => {
      if (body === undefined) throw new Error("asked without a rule")
      return call("previewRule", { body }, signal)
    },
    enabled: body !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
    retry: false,
  })

/** `asked` is the body as text; undefined while what is typed can not be asked about. */
export const satelliteCascadeQuery = (id: string, asked: string | undefined) =>
  queryOptions({
    queryKey: ["satellite-cascade", id, asked],
    queryFn: ({ signal }) =>
      call(
        "previewSatellite",
        { params: { id }, body: previewSatelliteBody.parse(JSON.parse(asked ?? "")) },
        signal,
      ),
    enabled: asked !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 60_000,
    retry: false,
  })

export const ruleCascadeQuery = (id: string) =>
  queryOptions({
    queryKey: ["rule-cascade", id],
    queryFn: ({ signal }) => call("cascadeOfRule", { params: { id } }, signal),
    gcTime: 0,
    retry: false,
  })

/** Storage tiers that a volume may be on. */
export const storageTiersQuery = queryOptions({
  queryKey: ["storage-tiers", "all"],
  queryFn: ({ signal }) => every((query) => call("listStorageTiers", { query }, signal)),
})

/** Variants of images that a profile may choose, and the images in them. */
export const variantsToChooseQuery = queryOptions({
  queryKey: ["images", "every-variant"],
  queryFn: ({ signal }) => every((query) => call("listImageVariants", { query }, signal)),
})
export const imagesToChooseQuery = queryOptions({
  queryKey: ["images", "every"],
  queryFn: ({ signal }) => every((query) => call("listImages", { query }, signal)),
})

/** Sets of recovery rules that a profile may point at. */
export const ruleSetsQuery = queryOptions({
  queryKey: ["recovery-rule-sets", "all"],
  queryFn: ({ signal }) => every((query) => call("listRuleSets", { query }, signal)),
})

/** The table of parameters page by page, as the page of parameters shows it. */
export const parameterListQuery = (major: `${PostgresMajor}`, search: string | undefined) =>
  infiniteQueryOptions({
    queryKey: [...keys.parameters, "pages", major, search],
    queryFn: ({ pageParam, signal }) =>
      call(
        "listParameters",
        {
          query: {
            major,
            limit: 50,
            ...(search === undefined ? {} : { search }),
            ...from(pageParam),
          },
        },
        signal,
      ),
    initialPageParam: first,
    getNextPageParam: nextPage,
    placeholderData: keepPreviousData,
  })
