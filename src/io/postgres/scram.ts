/**
 * SCRAM-SHA-256 verifiers (RFC 5803, as PostgreSQL keeps them in `pg_authid.rolpassword`): who has one can
 * check a password and not say it. Made where a password is given, so that the password goes no further.
 */
import { createHash, createHmac, pbkdf2, randomBytes } from "node:crypto"
import { promisify } from "node:util"

/** What PostgreSQL itself uses by default (`scram_iterations`). */
const iterations = 4096
const saltBytes = 16
const derive = promisify(pbkdf2)

/**
 * The verifier of a password of printable ASCII letters; others would have to be prepared by SASLprep first,
 * which drivers do differently.
 */
export async function scramVerifier(
  password: string,
  salt = randomBytes(saltBytes),
): Promise<string> {
  const salted = await derive(password, salt, iterations, 32, "sha256")
  const keyed = (word: string): Buffer => createHmac("sha256", salted).update(word).digest()
  const stored = createHash("sha256").update(keyed("Client Key")).digest()
  const server = keyed("Server Key")
  const [saltText, storedText, serverText] = [salt, stored, server].map((part) =>
    part.toString("base64"),
  )
  return `SCRAM-SHA-256$${iterations}:${saltText}$${storedText}:${serverText}`
}
