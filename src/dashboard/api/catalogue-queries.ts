/** What the pages of storage tiers, images and recovery rules ask. Keys begin with the resource that a live message names. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query"
import { call } from "./client.ts"
import { first, from, nextPage } from "./queries.ts"

export const catalogueKeys = {
  storageTiers: ["storage-tiers"],
  images: ["images"],
  imageVariants: ["images", "variants"],
  imageMirror: ["images", "mirror"],
  ruleSets: ["recovery-rule-sets"],
  ruleSet: ["recovery-rule-sets", "one"],
  builtInRules: ["built-in-rules"],
  logLevel: ["log-level"],
} as const

const pageSize = 100

export const storageTiersQuery = infiniteQueryOptions({
  queryKey: [...catalogueKeys.storageTiers, "list"],
  queryFn: ({ pageParam, signal }) =>
    call("listStorageTiers", { query: { limit: pageSize, ...from(pageParam) } }, signal),
  initialPageParam: first,
  getNextPageParam: nextPage,
})

export const imagesQuery = infiniteQueryOptions({
  queryKey: [...catalogueKeys.images, "list"],
  queryFn: ({ pageParam, signal }) =>
    call("listImages", { query: { limit: pageSize, ...from(pageParam) } }, signal),
  initialPageParam: first,
  getNextPageParam: nextPage,
})

export const imageVariantsQuery = infiniteQueryOptions({
  queryKey: catalogueKeys.imageVariants,
  queryFn: ({ pageParam, signal }) =>
    call("listImageVariants", { query: { limit: pageSize, ...from(pageParam) } }, signal),
  initialPageParam: first,
  getNextPageParam: nextPage,
})

export const imageMirrorQuery = queryOptions({
  queryKey: catalogueKeys.imageMirror,
  queryFn: ({ signal }) => call("getImageMirror", {}, signal),
})

export const ruleSetsQuery = infiniteQueryOptions({
  queryKey: [...catalogueKeys.ruleSets, "list"],
  queryFn: ({ pageParam, signal }) =>
    call("listRuleSets", { query: { limit: pageSize, ...from(pageParam) } }, signal),
  initialPageParam: first,
  getNextPageParam: nextPage,
})

export const ruleSetQuery = (id: string) =>
  queryOptions({
    queryKey: [...catalogueKeys.ruleSet, id],
    queryFn: ({ signal }) => call("getRuleSet", { params: { id } }, signal),
  })

/** The same for as long as central is. */
export const builtInRulesQuery = queryOptions({
  queryKey: catalogueKeys.builtInRules,
  queryFn: ({ signal }) => call("builtInRules", {}, signal),
  staleTime: Infinity,
})

export type LogOf = "satellite" | "cluster"

export const logLevelQuery = (of: LogOf, id: string) =>
  queryOptions({
    queryKey: [...catalogueKeys.logLevel, of, id],
    queryFn: ({ signal }) =>
      of === "satellite"
        ? call("getSatelliteLogLevel", { params: { id } }, signal)
        : call("getClusterLogLevel", { params: { id } }, signal),
  })
