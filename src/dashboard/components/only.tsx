/** What is offered to those alone who may do what the route does. */
import type { ReactNode } from "react"
import type { RouteName } from "#wire/rest/routes.ts"
import { useMay } from "../api/may.ts"

type Props = {
  readonly who: RouteName
  readonly children: ReactNode
  /** For the others: why it is not there. */
  readonly otherwise?: ReactNode
}

export const Only = ({ who, children, otherwise = null }: Props) =>
  useMay()(who) ? children : otherwise
