/** What people may do, from least to most. Each role may also do what those before it may. */
export const roles = ["viewer", "operator", "admin"] as const
export type Role = (typeof roles)[number]

const rank = (role: Role): number => roles.indexOf(role)

export const isAtLeast = (role: Role, needed: Role): boolean => rank(role) >= rank(needed)

export const lower = (one: Role, other: Role): Role => (isAtLeast(one, other) ? other : one)
