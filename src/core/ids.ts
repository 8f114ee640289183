/**
 * Names and identifiers that must not be swapped for one another. Each is minted here and nowhere
 * else, so that a `PodName` can not be passed where a `ClusterId` is meant.
 */
declare const brand: unique symbol
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** UUID that central gave a satellite when it registered. */
export type SatelliteId = Brand<string, "SatelliteId">
/** UUID that central gave a cluster. */
export type ClusterId = Brand<string, "ClusterId">
export type ProfileId = Brand<string, "ProfileId">
export type RuleId = Brand<string, "RuleId">
/** UUID minted where an event happened, so that it can be delivered twice and stored once. */
export type EventId = Brand<string, "EventId">
/** UUID that central gave an operation; everybody who takes part repeats it. */
export type OperationId = Brand<string, "OperationId">
/** UUID that central gave somebody's watching of a log. */
export type TailId = Brand<string, "TailId">
/** Name of a cluster: a DNS label of at most 40 characters (room for the suffixes of its objects). */
export type ClusterName = Brand<string, "ClusterName">
export type Namespace = Brand<string, "Namespace">
/** `<cluster>-<ordinal>`. */
export type PodName = Brand<string, "PodName">
/** Rises by one with each change to the desired state of a cluster; the first is 1. */
export type ConfigVersion = Brand<number, "ConfigVersion">
/** `leaseTransitions` of the cluster's Lease: one term has at most one primary. */
export type Term = Brand<number, "Term">
/** PostgreSQL's timeline number, from 1. */
export type Timeline = Brand<number, "Timeline">
/** `pg_control_system().system_identifier`, decimal: too large for a number. */
export type SystemIdentifier = Brand<string, "SystemIdentifier">

export const satelliteId = (text: string): SatelliteId => text as SatelliteId
export const clusterId = (text: string): ClusterId => text as ClusterId
export const profileId = (text: string): ProfileId => text as ProfileId
export const ruleId = (text: string): RuleId => text as RuleId
export const eventId = (text: string): EventId => text as EventId
export const operationId = (text: string): OperationId => text as OperationId
export const tailId = (text: string): TailId => text as TailId
export const clusterName = (text: string): ClusterName => text as ClusterName
export const namespace = (text: string): Namespace => text as Namespace
export const podName = (text: string): PodName => text as PodName
export const configVersion = (value: number): ConfigVersion => value as ConfigVersion
export const term = (value: number): Term => value as Term
export const timeline = (value: number): Timeline => value as Timeline
export const systemIdentifier = (text: string): SystemIdentifier => text as SystemIdentifier

/** The pod of member `ordinal` (from 0), as the StatefulSet names it. */
export const memberPod = (cluster: ClusterName, ordinal: number): PodName =>
  podName(`${cluster}-${ordinal}`)

/** The ordinal at the end of a StatefulSet pod's name; undefined for any other name. */
export function ordinalOf(pod: PodName): number | undefined {
  const found = /-(\d+)$/.exec(pod)?.[1]
  return found === undefined ? undefined : Number(found)
}
