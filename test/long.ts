/**
 * What a change must pass is played once; with PG_SWARM_TEST_LONG=1, for a person with an evening, everything is played on
 * every version of PostgreSQL, in every setting and on both Kubernetes, and faults last as long as they do in life.
 */
export const long = (process.env["PG_SWARM_TEST_LONG"] ?? "") !== ""

/** For tests that say something new only on another version, in another setting or on another Kubernetes. */
export const whyNotShort: string | false = long ? false : "PG_SWARM_TEST_LONG is not set"
