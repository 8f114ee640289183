/** Operations as events tell them. */
import {
  type AskedKind,
  type OperationReport,
  type OperationWish,
  targetOf,
} from "#core/switchover/operation.ts"
import type { Operation } from "#wire/rest/operations.ts"

const names: Readonly<Record<Operation["kind"], string>> = {
  change: "the change to another version",
  restart: "the restart",
  delete: "the deletion",
  switchover: "the switchover",
  fence: "the fence",
  unfence: "letting clients in",
  promote: "the promotion",
}
export const nameOf = (kind: Operation["kind"]): string => names[kind]

export function askedWords(wish: OperationWish, primary: string): string {
  switch (wish.kind) {
    case "switchover":
      return `${primary} shall hand over to ${wish.to ?? "the best member"}`
    case "fence":
      return `${primary} shall let no clients in: ${wish.reason}`
    case "unfence":
      return `${primary} shall let clients in again`
    case "promote":
      return `${wish.to} may become primary${wish.acceptLoss ? ", and that commits may be lost is accepted" : ""}`
  }
}

export function detailsOf(wish: OperationWish): Readonly<Record<string, string>> {
  switch (wish.kind) {
    case "switchover":
      return { to: targetOf(wish) ?? "" }
    case "fence":
      return { reason: wish.reason }
    case "unfence":
      return {}
    case "promote":
      return { to: wish.to, acceptLoss: String(wish.acceptLoss) }
  }
}

const ends: Readonly<Record<OperationReport["state"], string>> = {
  running: "is under way",
  succeeded: "is done",
  failed: "failed",
  cancelled: "was cancelled",
}

export const endedWords = (
  kind: AskedKind,
  { state, error }: Pick<OperationReport, "state" | "error">,
): string => `${nameOf(kind)} ${ends[state]}${error === undefined ? "" : `: ${error}`}`
