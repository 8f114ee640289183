/** The routes of operations: what a person asks to be done to a running cluster, and how it goes. */
import {
  fenceBody,
  operationQuery,
  operationSchema,
  promoteBody,
  switchoverBody,
} from "#wire/rest/operations.ts"
import { route } from "#wire/rest/route.ts"
import { idParams, pageOf } from "#wire/rest/shapes.ts"

export const operationRoutes = {
  startSwitchover: route({
    method: "POST",
    path: "/clusters/:id/switchover",
    summary: "Hand the primary's role to another member",
    access: "operator",
    params: idParams,
    body: switchoverBody,
    status: 202,
    answer: operationSchema,
  }),
  fenceCluster: route({
    method: "POST",
    path: "/clusters/:id/fence",
    summary: "Let no clients in to the primary, for ten minutes at most; its role stays",
    access: "operator",
    params: idParams,
    body: fenceBody,
    status: 202,
    answer: operationSchema,
  }),
  unfenceCluster: route({
    method: "POST",
    path: "/clusters/:id/unfence",
    summary: "Let clients in to the primary again",
    access: "operator",
    params: idParams,
    status: 202,
    answer: operationSchema,
  }),
  promoteMember: route({
    method: "POST",
    path: "/clusters/:id/promote",
    summary: "Consent that a member becomes primary where a machine must not decide alone",
    access: "operator",
    params: idParams,
    body: promoteBody,
    status: 202,
    answer: operationSchema,
  }),
  listOperations: route({
    method: "GET",
    path: "/operations",
    summary: "Operations, newest first",
    access: "viewer",
    query: operationQuery,
    status: 200,
    answer: pageOf(operationSchema),
  }),
  getOperation: route({
    method: "GET",
    path: "/operations/:id",
    summary: "One operation with its steps",
    access: "viewer",
    params: idParams,
    status: 200,
    answer: operationSchema,
  }),
  cancelOperation: route({
    method: "POST",
    path: "/operations/:id/cancel",
    summary: "Stop an operation that has not passed its point of no return",
    access: "operator",
    params: idParams,
    status: 202,
    answer: operationSchema,
  }),
}
