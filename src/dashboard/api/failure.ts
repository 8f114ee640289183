/** What can go wrong with a request, as a union; every page shows it by the same three cases. */
import type { Problem } from "#wire/rest/shapes.ts"

export type Failure =
  /** No answer: central is away, or the network is. */
  | { readonly kind: "away" }
  /** Central said no, and why. */
  | {
      readonly kind: "refused"
      readonly problem: Problem
      /** Seconds to wait, where central said so (429, 503). */
      readonly retryAfter: number | undefined
    }
  /** An answer that this page does not understand: a proxy's page, another version. */
  | {
      readonly kind: "unreadable"
      readonly status: number
      readonly requestId: string | undefined
      readonly detail: string
    }

/** Thrown by the client, so that TanStack Query has its error; `failure` says what it is. */
export class CallFailed extends Error {
  override readonly name = "CallFailed"
  readonly failure: Failure

  constructor(failure: Failure, options?: ErrorOptions) {
    super(sentence(failure), options)
    this.failure = failure
  }
}

/** One sentence for people. */
export function sentence(failure: Failure): string {
  switch (failure.kind) {
    case "away":
      return "Central does not answer. It may be restarting, or this machine may be offline."
    case "refused":
      return failure.problem.detail ?? failure.problem.title
    case "unreadable":
      return `Central's answer (status ${failure.status}) is not what this page expects. Reload the page; it may be older than central.`
  }
}

export function requestIdOf(failure: Failure): string | undefined {
  switch (failure.kind) {
    case "away":
      return undefined
    case "refused":
      return failure.problem.requestId
    case "unreadable":
      return failure.requestId
  }
}

/** The status of a refusal; undefined for everything else. */
export const refusedStatus = (error: unknown): number | undefined =>
  error instanceof CallFailed && error.failure.kind === "refused"
    ? error.failure.problem.status
    : undefined

/** Whether the same request may succeed a moment later. */
export function worthRetrying(error: unknown): boolean {
  if (!(error instanceof CallFailed)) return false
  switch (error.failure.kind) {
    case "away":
      return true
    case "refused":
      return error.failure.problem.status >= 500
    case "unreadable":
      return error.failure.status >= 500
  }
}
