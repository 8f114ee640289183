/** Puts the lines of a log together into messages, whatever pieces they arrive in. */
import { type LogMessage, parseLogLine } from "#core/recovery/log-line.ts"

/** Longer texts are cut: no rule needs more, and a client can make a message as long as it likes. */
export const messageMax = 8 * 1024

export type Gathering = {
  /** A message that may go on with the next line. */
  readonly open: LogMessage | undefined
}

export const nothingGathered: Gathering = { open: undefined }

/** Takes one line, and gives back the message that it ends. */
export function gather(
  before: Gathering,
  line: string,
): { readonly gathering: Gathering; readonly message: LogMessage | undefined } {
  const parsed = parseLogLine(line)
  switch (parsed.kind) {
    case "further":
      return { gathering: { open: lengthened(before.open, parsed.text) }, message: undefined }
    case "message": {
      const { message } = parsed
      const open = { ...message, text: message.text.slice(0, messageMax) }
      return { gathering: { open }, message: before.open }
    }
    case "aside":
    case "other":
      return { gathering: nothingGathered, message: before.open }
  }
}

function lengthened(open: LogMessage | undefined, text: string): LogMessage | undefined {
  if (open === undefined || open.text.length >= messageMax) return open
  return { ...open, text: `${open.text}\n${text}`.slice(0, messageMax) }
}
