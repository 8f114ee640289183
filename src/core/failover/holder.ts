/**
 * Who holds the Lease: `<pod>/<podUID>/<bootNonce>`. The nonce is the supervisor's: a pod that was born
 * again, or whose postgres container restarted, is a stranger to its own old Lease; a sidecar that
 * restarted alone goes on where it was.
 */
import { type PodName, podName } from "#core/ids.ts"

export type Holder = { readonly pod: PodName; readonly uid: string; readonly nonce: string }

export const formatHolder = ({ pod, uid, nonce }: Holder): string => `${pod}/${uid}/${nonce}`

/** Reads a holder identity; undefined when it has another shape (someone else wrote it). */
export function parseHolder(text: string): Holder | undefined {
  const [pod, uid, nonce, ...rest] = text.split("/")
  if (pod === undefined || uid === undefined || nonce === undefined || rest.length > 0)
    return undefined
  return pod === "" || uid === "" || nonce === "" ? undefined : { pod: podName(pod), uid, nonce }
}

export const sameHolder = (a: Holder, b: Holder): boolean =>
  a.pod === b.pod && a.uid === b.uid && a.nonce === b.nonce

/** The same pod before its postgres container restarted: that server is certainly gone. */
export const formerSelf = (holder: Holder, self: Holder): boolean =>
  holder.pod === self.pod && holder.uid === self.uid && holder.nonce !== self.nonce
