/** What is offered to those alone who may do what the route does. */
import type { ReactNode } from "react"
import type { RouteName } from "#wire/rest/routes.ts"
import { useMay, useWhyNot } from "../api/may.ts"
import { Notice } from "../ui/notice.tsx"

type Props = {
  readonly who: RouteName
  readonly children: ReactNode
  /** For the others: why it is not there. */
  readonly otherwise?: ReactNode
}

export const Only = ({ who, children, otherwise = null }: Props) =>
  useMay()(who) ? children : otherwise

type NoticeProps = { readonly who: RouteName; readonly children: ReactNode }

/** On a form that one may look at and try, but not save: said before anything is typed. */
export function MayNotNotice({ who, children }: NoticeProps) {
  const why = useWhyNot(who)
  return why === undefined ? null : (
    <Notice tone="quiet" className="mb-4">
      {children}: {why}.
    </Notice>
  )
}
