/** The world broke: something outside did not answer or failed. The loop that owns the work tries again. */
export class Outage extends Error {
  override readonly name = "Outage"
  /** Stable, upper case, for machines: `LEASE_UNREACHABLE`. */
  readonly code: string

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}
