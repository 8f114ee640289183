/** Leads react-hook-form to the problems that profile-values.ts finds. */
import { type FieldErrors, type Resolver, set } from "react-hook-form"
import {
  type FieldProblem,
  type ProfileBody,
  type ProfileValues,
  bodyOf,
  profileProblems,
} from "./profile-values.ts"

export const profileResolver: Resolver<ProfileValues, unknown, ProfileBody> = (values) => {
  const problems = profileProblems(values)
  return problems.length === 0
    ? { values: bodyOf(values), errors: {} }
    : { values: {}, errors: asErrors(problems) }
}

function asErrors(problems: readonly FieldProblem[]): FieldErrors<ProfileValues> {
  const errors: FieldErrors<ProfileValues> = {}
  for (const { field, problem } of problems) set(errors, field, { type: "wrong", message: problem })
  return errors
}
