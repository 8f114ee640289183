/** A password of a database's owner that was made, shown this one time. */
import { SecretOnce } from "./secret-once.tsx"

type Props = {
  readonly role: string
  readonly password: string
  readonly onClose: () => void
}

export const PasswordOnce = ({ role, password, onClose }: Props) => (
  <SecretOnce
    title={`Password of ${role}`}
    what="password"
    secret={password}
    kept="what checks it"
    hint="It opens as soon as the primary has confirmed it; the list says so."
    onClose={onClose}
  />
)
