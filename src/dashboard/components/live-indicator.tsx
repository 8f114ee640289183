/** How the live connection really stands: in the sidebar always, as a banner while it is not live. */
import { CloudOff, RefreshCw } from "lucide-react"
import { useLiveState } from "../api/context.ts"
import type { LiveState } from "../api/live-state.ts"
import { classNames } from "../ui/class-names.ts"
import { useTimed } from "../ui/clock.ts"
import { spanText, whenText } from "../ui/format.ts"
import type { Tone } from "../ui/tone.ts"
import { fillTone } from "../ui/tone.ts"

type Standing = { readonly word: string; readonly tone: Tone; readonly detail: string }

/** Words for the connection. `now` is this machine's clock, as in the state. */
export function standing(state: LiveState, now: number): Standing {
  switch (state.kind) {
    case "idle":
      return { word: "Not connected", tone: "quiet", detail: "Nobody is signed in" }
    case "connecting":
      return { word: "Connecting", tone: "busy", detail: "Waiting for central's first word" }
    case "live":
      return { word: "Live", tone: "good", detail: "Changes show as they happen" }
    case "reconnecting":
      return {
        word: "Reconnecting",
        tone: "warn",
        detail: `Lost ${spanText(now - state.lostAt)} ago; ${retryText(state.retryAt, now)}`,
      }
    case "offline":
      return {
        word: "Offline",
        tone: "bad",
        detail: `What you see is ${spanText(now - state.lostAt)} old; ${retryText(state.retryAt, now)}`,
      }
  }
}

const retryText = (retryAt: number | undefined, now: number): string =>
  retryAt === undefined || retryAt <= now
    ? "trying now"
    : `next try in ${spanText(retryAt - now + 999)}`

export function LiveIndicator({ className }: { readonly className?: string }) {
  const state = useLiveState()
  const text = useTimed(() => {
    const { word, detail } = standing(state, Date.now())
    return `${word}|${detail}`
  })
  const [word = "", detail = ""] = text.split("|")
  const { tone } = standing(state, 0)
  return (
    <div className={classNames("flex items-center gap-2 text-sm", className)} title={detail}>
      <span className="relative grid size-2.5 place-items-center" aria-hidden>
        <span
          className={classNames(
            "size-2 rounded-full",
            fillTone[tone],
            tone === "busy" && "animate-breathe",
          )}
        />
      </span>
      <span role="status" aria-label={`Live connection: ${word}`} className="text-ink-2">
        {word}
      </span>
    </div>
  )
}

export function LiveBanner() {
  const state = useLiveState()
  const detail = useTimed(() => standing(state, Date.now()).detail)
  if (state.kind !== "reconnecting" && state.kind !== "offline") return null
  const off = state.kind === "offline"
  const Icon = off ? CloudOff : RefreshCw
  return (
    <div
      className={classNames(
        "flex items-center justify-center gap-2 px-4 py-1.5 text-sm font-medium",
        off ? "bg-bad-soft text-bad" : "bg-warn-soft text-warn",
      )}
    >
      <Icon aria-hidden className="size-4 shrink-0" />
      <span role="status">
        {off ? "Central does not answer." : "The live connection is lost."} Showing what was known
        at {whenText(state.lostAt, Date.now())}.
      </span>
      <span className="tnum hidden sm:inline">{detail}</span>
    </div>
  )
}
