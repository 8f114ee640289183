/** What a Kubernetes API answered instead of the object, or that it did not answer. */
import { Outage } from "#io/outage.ts"

export class KubeError extends Outage {
  /** HTTP status; undefined when no answer came. */
  readonly status: number | undefined
  /** Kubernetes' own word: `NotFound`, `Conflict`, `Invalid`, `Forbidden`, `Expired`. */
  readonly reason: string

  constructor(
    status: number | undefined,
    reason: string,
    message: string,
    options?: { readonly cause?: unknown },
  ) {
    super(status === undefined ? "KUBE_UNREACHABLE" : `KUBE_${status}`, message, options)
    this.status = status
    this.reason = reason
  }
}

export const isKubeStatus = (failure: unknown, status: number): failure is KubeError =>
  failure instanceof KubeError && failure.status === status

export const isNotFound = (failure: unknown): boolean => isKubeStatus(failure, 404)
export const isConflict = (failure: unknown): boolean => isKubeStatus(failure, 409)

/** The server understood and said no; asking again without a change is of no use. */
export const isInvalid = (failure: unknown): failure is KubeError =>
  isKubeStatus(failure, 422) || isKubeStatus(failure, 400)
