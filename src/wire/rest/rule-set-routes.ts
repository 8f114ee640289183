/** Sets of recovery rules, and the sandbox that tries one on a log. */
import * as z from "zod"
import { suppressions } from "#core/recovery/engine.ts"
import { passedOver } from "#core/recovery/replay.ts"
import { logSeverities, ruleActions, ruleCategories } from "#core/recovery/rule.ts"
import { type Route, route } from "#wire/rest/route.ts"
import { dnsLabel, idParams, pageOf, pageQuery, timestamp } from "#wire/rest/shapes.ts"
import { recoveryRuleSchema, ruleSetSchema } from "#wire/rule-set-schema.ts"

export const ruleSetsMax = 200

export const shownRuleSetSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  description: z.string(),
  ruleCount: z.number().int(),
  allowExec: z.boolean(),
  /** Profiles whose newest version points at it, and how many clusters it is in force on. */
  profiles: z.array(z.object({ id: z.uuid(), name: z.string() })),
  clusterCount: z.number().int(),
  createdAt: timestamp,
  updatedAt: timestamp,
  /** Rises with each edit; send it back with a change. */
  version: z.number().int(),
})
export type ShownRuleSet = z.infer<typeof shownRuleSetSchema>

export const wholeRuleSetSchema = shownRuleSetSchema.extend({ set: ruleSetSchema })
export type WholeRuleSet = z.infer<typeof wholeRuleSetSchema>

export const createRuleSetBody = z.strictObject({
  name: dnsLabel(63),
  description: z.string().max(1000).default(""),
  set: ruleSetSchema,
})

export const editRuleSetBody = z.strictObject({
  version: z.int(),
  name: dnsLabel(63).optional(),
  description: z.string().max(1000).optional(),
  /** The whole set; another one reaches every cluster that it is attached to, without a restart. */
  set: ruleSetSchema.optional(),
})

const builtInSchema = z.object({
  allowExec: z.boolean(),
  categories: z.array(
    z.object({
      category: z.enum(ruleCategories),
      rules: z.array(
        recoveryRuleSchema.extend({
          /** A line, from its severity on, that the rule takes. */
          example: z.string(),
        }),
      ),
    }),
  ),
})

/** Characters of a log that the sandbox takes. */
export const sandboxLogMax = 256 * 1024

export const sandboxBody = z.strictObject({
  log: z.string().max(sandboxLogMax, `at most ${sandboxLogMax} characters: paste less of the log`),
  /** A stored set, or `set`; neither: the rules that are built in. */
  ruleSetId: z.uuid().optional(),
  set: ruleSetSchema.optional(),
  /** Of the member whose log it is. */
  role: z.enum(["primary", "standby"]).default("standby"),
  paused: z.boolean().default(false),
})

/** Messages of one answer. */
export const sandboxMessagesMax = 2000

export const sandboxAnswerSchema = z.object({
  lineCount: z.number().int(),
  /** Lines of details, hints and statements: rules are not tried on them. */
  asideCount: z.number().int(),
  /** Lines that are no message of PostgreSQL's. */
  strangeCount: z.number().int(),
  messageCount: z.number().int(),
  /** How many messages each rule took, rules in the order of the set; those that took none are left out. */
  rules: z.array(z.object({ rule: z.string(), taken: z.number().int(), acted: z.number().int() })),
  /** The first of them, in the order of the log. */
  messages: z.array(
    z.object({
      /** Counted from 1, both included. */
      firstLine: z.number().int(),
      lastLine: z.number().int(),
      severity: z.enum(logSeverities),
      /** Null where the line does not say in pg-swarm's way which process it is of. */
      process: z.string().nullable(),
      /** Whether no client can have said it. */
      isServer: z.boolean(),
      text: z.string(),
      /** The rule that takes it, and what comes of it; null where none does. */
      taken: z
        .object({
          rule: z.string(),
          action: z.enum(ruleActions),
          verdict: z.enum(["act", "only-told", "silent"]),
          /** What stood against it; null where it acts. */
          by: z.enum(suppressions).nullable(),
          /** One sentence: what would be done, or why it would not. */
          outcome: z.string(),
        })
        .nullable(),
      /** Rules whose pattern matches it too, and why they do not get it. */
      others: z.array(z.object({ rule: z.string(), why: z.enum(passedOver) })),
    }),
  ),
})
export type SandboxAnswer = z.infer<typeof sandboxAnswerSchema>

export const ruleSetRoutes = {
  listRuleSets: route({
    method: "GET",
    path: "/recovery-rule-sets",
    summary: "Sets of recovery rules, by name",
    access: "viewer",
    query: pageQuery,
    status: 200,
    answer: pageOf(shownRuleSetSchema),
  }),
  builtInRules: route({
    method: "GET",
    path: "/recovery-rule-sets/built-in",
    summary: "The recovery rules that a cluster has without a set of its own, by category",
    access: "viewer",
    status: 200,
    answer: builtInSchema,
  }),
  getRuleSet: route({
    method: "GET",
    path: "/recovery-rule-sets/:id",
    summary: "One set of recovery rules, with its rules",
    access: "viewer",
    params: idParams,
    status: 200,
    answer: wholeRuleSetSchema,
  }),
  createRuleSet: route({
    method: "POST",
    path: "/recovery-rule-sets",
    summary: "Make a set of recovery rules; profiles point at it",
    access: "admin",
    reach: "fleet",
    body: createRuleSetBody,
    status: 201,
    answer: wholeRuleSetSchema,
  }),
  editRuleSet: route({
    method: "PATCH",
    path: "/recovery-rule-sets/:id",
    summary: "Edit a set of recovery rules; it reaches its clusters at once, without a restart",
    access: "admin",
    reach: "fleet",
    params: idParams,
    body: editRuleSetBody,
    status: 200,
    answer: wholeRuleSetSchema,
  }),
  deleteRuleSet: route({
    method: "DELETE",
    path: "/recovery-rule-sets/:id",
    summary: "Delete a set of recovery rules that is attached to no profile and no cluster",
    access: "admin",
    reach: "fleet",
    params: idParams,
    status: 204,
  }),
  tryRuleSet: route({
    method: "POST",
    path: "/recovery-rule-sets/sandbox",
    summary: "What a set of recovery rules would make of a log; nothing is done and nothing kept",
    access: "viewer",
    body: sandboxBody,
    status: 200,
    answer: sandboxAnswerSchema,
  }),
} satisfies Record<string, Route>
