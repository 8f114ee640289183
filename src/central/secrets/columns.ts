/** Every column that holds sealed values: who adds one names it here, and its key is rotated like the others'. */
import { authorityKeyColumn } from "../store/authority.ts"
import { verifierColumn } from "../store/cluster-role.ts"
import type { SecretColumn } from "./rotation.ts"

export const secretColumns: readonly SecretColumn[] = [verifierColumn, authorityKeyColumn]
