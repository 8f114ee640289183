/** Whom to trust: what a satellite is given to know central by. */
import * as z from "zod"
import { route } from "#wire/rest/route.ts"

export const authoritySchema = z.object({
  /** PEM of every authority that central's certificates may be signed by. */
  pem: z.string(),
  /** SHA-256 of each, as `openssl x509 -fingerprint -sha256` prints it: to be compared over another line. */
  fingerprints: z.array(z.string()),
})

export const authorityRoutes = {
  getAuthority: route({
    method: "GET",
    path: "/ca",
    summary:
      "The certificate authorities of central, for satellites to know it by (`/ca.pem` as text)",
    access: "anyone",
    status: 200,
    answer: authoritySchema,
  }),
} as const
